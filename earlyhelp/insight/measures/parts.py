"""Which of the rows that a measure counts belong to one part of its breakdown."""

import json
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, String, Text, cast, func, or_, select

from earlyhelp.insight.measures.children import children_with_disabilities
from earlyhelp.insight.measures.told import OF_CONTACTS
from earlyhelp.records.cases import Contact
from earlyhelp.records.organisation import Team, User

NO_NEEDS = "[]"


class Within(NamedTuple):
    """One part of a breakdown: by what, and which part."""

    by: str
    key: str


def in_part(rows: Any, by: str, key: str) -> ColumnElement[bool]:
    """Whether a row is of the part that `broken_down` gives this key. ValueError for a key that no part can have."""
    if by == "presenting_need":
        return _needs(rows, key)
    if by in OF_CONTACTS:
        of_contact = select(Contact.case_id).where(OF_CONTACTS[by] == key)
        told = select(Contact.case_id).where(OF_CONTACTS[by].is_not(None))
        return _column(rows.c.case_id.in_(of_contact) if key else rows.c.case_id.not_in(told))
    if by == "locality":
        theirs = select(Team.id).where(func.coalesce(Team.locality, "") == key)
        return _or_nobody(rows.c.team_id, rows.c.team_id.in_(theirs), key)
    if by == "agency":
        agency = User.agency_id == as_id(key) if key else User.agency_id.is_(None)
        lead = rows.c.lead_professional_id
        return _or_nobody(lead, lead.in_(select(User.id).where(agency)), key)
    return _of_own_column(rows, by, key)


def _of_own_column(rows: Any, by: str, key: str) -> ColumnElement[bool]:
    if by == "disabled":
        return _column(cast(children_with_disabilities(rows), Integer) == as_id(key))
    if by in {"team", "worker"}:
        column = rows.c.team_id if by == "team" else rows.c.lead_professional_id
        return _column(column == as_id(key) if key else column.is_(None))
    column = rows.c[by]
    return _column(cast(column, String) == key if key else column.is_(None))


def _needs(rows: Any, key: str) -> ColumnElement[bool]:
    written = cast(Contact.presenting_needs, Text)
    # SQLite keeps what lies beyond ASCII as \u escapes, PostgreSQL as it is.
    spellings = {json.dumps(key), json.dumps(key, ensure_ascii=False)}
    # Not by LIKE, to which capitals are alike on SQLite.
    named = or_(*(func.replace(written, spelt, "") != written for spelt in sorted(spellings)))
    if not key:
        named = written != NO_NEEDS
    theirs = rows.c.case_id.in_(select(Contact.case_id).where(named))
    return _column(theirs if key else ~theirs)


def _or_nobody(column: Any, theirs: Any, key: str) -> ColumnElement[bool]:
    return _column(theirs if key else or_(column.is_(None), theirs))


def _column(condition: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = condition
    return found


def as_id(key: str) -> int:
    """The id that such a key is. ValueError for a key that is none."""
    if not (key.isascii() and key.isdigit() and len(key) < 10 and key == str(int(key))):
        raise ValueError("no part of this figure")
    return int(key)
