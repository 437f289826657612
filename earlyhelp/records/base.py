"""What all tables share: naming of constraints, types that mean the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
LARGEST_ID = 2**31 - 1
"""The largest whole number of a column: PostgreSQL refuses to compare it with a larger one."""
NOBODY = 0
"""The id of no row: stands for nobody, or for no team, where an id is asked for."""


class Instant(TypeDecorator[datetime]):
    """A moment in time. Naive values are refused going in; UTC comes out, also from SQLite, which keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """The same as SQLAlchemy would put together of the two below, in one call: rows have many moments."""
        return _for_sqlite if dialect.name == "sqlite" else in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _from_sqlite if dialect.name == "sqlite" else in_utc

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone was about to be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def in_utc(moment: datetime | None) -> datetime | None:
    """The same moment in UTC. ValueError for one without a time zone."""
    if moment is None or moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone was about to be stored")
    return moment.astimezone(UTC)


def _for_sqlite(moment: datetime | None) -> str | None:
    """Always to the microsecond, so that text sorts as moments do."""
    # In UTC first: of the hour that comes twice in October, Python takes London's two for the same.
    utc = in_utc(moment)
    return None if utc is None else _text_for_sqlite(utc)


@lru_cache(maxsize=4096)
def _text_for_sqlite(moment: datetime) -> str:
    """Remembered: a statement names some moments a dozen times."""
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_sqlite(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def json_column() -> TypeEngine[Any]:
    """JSON on both databases; the indexable kind on PostgreSQL."""
    return JSON(none_as_null=True).with_variant(JSONB(none_as_null=True, astext_type=Text()), "postgresql")


class Base(DeclarativeBase):
    """All our tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Instant(), dict[str, Any]: json_column(), list[Any]: json_column()}
