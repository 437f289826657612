"""Children, adults and families."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base

NOT_OBTAINED = "NOBT"
"""The national code of an ethnicity that nobody has asked for yet."""
_CHILDREN = "merged_into_id IS NULL AND NOT adult"
_CHILDREN_ON_SQLITE = "merged_into_id IS NULL AND adult = 0"
_NO_BIRTH = "date_of_birth IS NULL AND expected_birth_on IS NULL"
_EXPECTED = "date_of_birth IS NULL AND expected_birth_on IS NOT NULL"
_NOT_ASKED = f"ethnicity = '{NOT_OBTAINED}'"


class Person(Base):
    """A child or an adult. `public_id` is at most 20 letters and digits and is never used again (CIN rule 1570)."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True)
    adult: Mapped[bool] = mapped_column(default=False)
    given_name: Mapped[str] = mapped_column(String(100), default="")
    family_name: Mapped[str] = mapped_column(String(100), default="")
    date_of_birth: Mapped[date | None]
    expected_birth_on: Mapped[date | None]
    gender: Mapped[str] = mapped_column(String(20), default="not_stated")
    ethnicity: Mapped[str] = mapped_column(String(4), default=NOT_OBTAINED)
    disabled: Mapped[bool | None]
    disabilities: Mapped[list[Any]] = mapped_column(default=list)
    """Codes of the national list `disability`; empty where only `disabled` is known, or nothing."""
    nhs_number: Mapped[str | None] = mapped_column(String(10), index=True)
    upn: Mapped[str | None] = mapped_column(String(13), index=True)
    address: Mapped[str] = mapped_column(String(300), default="")
    postcode: Mapped[str | None] = mapped_column(String(8))
    uprn: Mapped[str | None] = mapped_column(String(12))
    phone: Mapped[str] = mapped_column(String(40), default="")
    search_name: Mapped[str] = mapped_column(String(200), default="")
    sound_key: Mapped[str] = mapped_column(String(40), default="")
    restricted: Mapped[bool] = mapped_column(default=False)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    __table_args__ = (
        Index(None, "sound_key", "date_of_birth"),
        Index(None, "date_of_birth", "search_name"),
        Index("ix_people_home", "postcode", "id", "address"),  # finds who came last to an address
        Index(
            "ix_people_merged_into_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
            sqlite_where=text("merged_into_id IS NOT NULL"),
        ),
        Index(
            "ix_people_no_birth_date",
            "id",
            postgresql_where=text(f"{_NO_BIRTH} AND {_CHILDREN}"),
            sqlite_where=text(f"{_NO_BIRTH} AND {_CHILDREN_ON_SQLITE}"),
        ),
        Index(
            "ix_people_expected",
            "expected_birth_on",
            "id",
            postgresql_where=text(f"{_EXPECTED} AND {_CHILDREN}"),
            sqlite_where=text(f"{_EXPECTED} AND {_CHILDREN_ON_SQLITE}"),
        ),
        Index(
            "ix_people_no_ethnicity",
            "id",
            postgresql_where=text(f"{_NOT_ASKED} AND {_CHILDREN}"),
            sqlite_where=text(f"{_NOT_ASKED} AND {_CHILDREN_ON_SQLITE}"),
        ),
    )


class Family(Base):
    """People who are helped together."""

    __tablename__ = "families"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class FamilyMember(Base):
    """One person's place in one family."""

    __tablename__ = "family_members"
    family_id: Mapped[int] = mapped_column(ForeignKey("families.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    relationship: Mapped[str] = mapped_column(String(60), default="")


class Counter(Base):
    """Numbers handed out once and never again, whatever is deleted later: case references, children's ids."""

    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[int]
