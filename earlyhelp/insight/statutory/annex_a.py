"""Ofsted's ILACS Annex A, lists 1 to 3: every column defined once, for the workbook, the checks and the page of them.

Source: Ofsted, "Child-level data: additional guidance and template for Annex A", August 2019.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from sqlalchemy import Select

from earlyhelp.insight.statutory import history
from earlyhelp.records.people import NOT_OBTAINED

Cell = str | int | date | None
Kind = Literal["text", "code", "date", "whole number"]
UNBORN = -1
NOT_STATED = "not_stated"
EARLY_HELP, OTHER_INTERNAL = "5D", "5B"
UNKNOWN_SOURCE = "10"
EARLY_HELP_SINCE = date(2022, 4, 1)
"""The census has the code 5D from the year 2022 to 2023 on; before, early help was another internal service."""


class Codes(NamedTuple):
    """How Annex A writes our codes, letter and all."""

    source: Mapping[str, str]
    gender: Mapping[str, str]
    ethnicity: Mapping[str, str]


class Row(NamedTuple):
    """One child of one event as the history has it, the day as at which is listed, and the codes."""

    found: Any
    on: date
    codes: Codes

    @property
    def is_unborn(self) -> bool:
        """On that day: without a date of birth but with an expected one, or born later."""
        born = self.found.date_of_birth
        return born > self.on if born is not None else self.found.expected_birth_on is not None


class Column(NamedTuple):
    """One column, with its exact name. `meaning` says what it holds and where that comes from."""

    name: str
    kind: Kind
    meaning: str
    cell: Callable[[Row], Cell]
    may_be_blank: bool = False


class ListDefinition(NamedTuple):
    """One list: its sheet, what is on it, its columns in their order."""

    number: int
    sheet: str
    title: str
    scope: str
    rows: Callable[[history.Asked], Select[Any]]
    columns: Sequence[Column]


def age(row: Row) -> int | None:
    """In years at the last birthday; who was born on 29 February is a year older on 1 March where there is none."""
    if row.is_unborn:
        return UNBORN
    born = row.found.date_of_birth
    if born is None:
        return None
    return row.on.year - int(born.year) - ((row.on.month, row.on.day) < (born.month, born.day))


def source_of_referral(row: Row) -> str | None:
    """The contact's source where the front door referred; early help itself otherwise."""
    if row.found.kind == "referral" and row.found.source:
        return str(row.found.source)
    return EARLY_HELP if row.found.day >= EARLY_HELP_SINCE else OTHER_INTERNAL


def _gender(row: Row) -> Cell:
    known = NOT_STATED if row.is_unborn else row.found.gender
    return row.codes.gender.get(known) or row.codes.gender.get(NOT_STATED)


def _ethnicity(row: Row) -> Cell:
    return row.codes.ethnicity.get(row.found.ethnicity) or row.codes.ethnicity.get(NOT_OBTAINED)


def _birth(row: Row) -> Cell:
    found: date | None = row.found.date_of_birth or row.found.expected_birth_on
    return found


def _source(code: str | None, row: Row) -> Cell:
    return row.codes.source.get(code or UNKNOWN_SOURCE) or row.codes.source.get(UNKNOWN_SOURCE)


WHO: tuple[Column, ...] = (
    Column(
        "Child Unique ID",
        "text",
        "The child's own number here: letters and digits, at most 20, the same in every list, never used again",
        lambda row: row.found.public_id,
    ),
    Column(
        "Gender",
        "code",
        "The child's gender as recorded; c) for a child not yet born on the day of the list",
        _gender,
    ),
    Column("Ethnicity", "code", "The child's ethnicity as recorded; NOBT until it is", _ethnicity),
    Column(
        "Date of Birth",
        "date",
        "The child's date of birth, or the expected one while there is no other",
        _birth,
        may_be_blank=True,
    ),
    Column(
        "Age of Child (Years)",
        "whole number",
        "Age at the last birthday before or on the day of the list; -1 for a child not yet born then",
        age,
        may_be_blank=True,
    ),
)

LISTS: tuple[ListDefinition, ...] = (
    ListDefinition(
        1,
        "List_1",
        "Contacts",
        "Every contact received in the six months, one row for each child of it; also contacts that were joined to an "
        "open case",
        history.contacts,
        (
            *WHO,
            Column(
                "Date of Contact", "date", "The day on which the contact was received", lambda r: r.found.day
            ),
            Column("Contact Source", "code", "Who told the front door", lambda r: _source(r.found.source, r)),
        ),
    ),
    ListDefinition(
        2,
        "List_2",
        "Early help",
        "Every early help assessment that was under way on any day of the six months, and the latest one of all early "
        "help that goes on; help that goes on without an assessment yet is listed from the day it was accepted or "
        "stepped down",
        history.assessments,
        (
            *WHO,
            Column(
                "Assessment start date",
                "date",
                "The day of the first contact with the family, with which the assessment begins, or on which a new one "
                "was begun; without either, the day on which early help began",
                lambda r: r.found.day,
            ),
            Column(
                "Assessment completion date",
                "date",
                "The day on which the assessment was authorised, or on which early help ended before that; blank while "
                "neither has happened",
                lambda r: r.found.ended_on,
                may_be_blank=True,
            ),
            Column(
                "Organisation completing assessment",
                "text",
                "The agency of who was lead professional at the end of the assessment, or is now",
                lambda r: r.found.organisation,
            ),
        ),
    ),
    ListDefinition(
        3,
        "List_3",
        "Referrals",
        "Every request to social care in the six months, from the front door and out of early help, one row for each "
        "child; also those that social care returned, or has not answered yet",
        history.referrals,
        (
            *WHO,
            Column(
                "Date of referral", "date", "The day on which social care was asked", lambda r: r.found.day
            ),
            Column(
                "Referral Source",
                "code",
                "The source of the contact that the front door referred; early help (5D, before April 2022 5B) for a "
                "step up out of it",
                lambda r: _source(source_of_referral(r), r),
            ),
            Column(
                "Referral NFA?",
                "code",
                "a) Yes where social care returned the request, otherwise b) No",
                lambda r: "a) Yes" if r.found.answer == "step_up_returned" else "b) No",
            ),
            Column(
                "Number of Referrals in Last 12 Months",
                "whole number",
                "How many other requests there were for the child in the 12 months before the latest one on this list: "
                "the same number on every row of the child",
                lambda r: int(r.found.earlier),
            ),
            Column(
                "Allocated Team",
                "text",
                "The team of who answered for social care",
                lambda r: r.found.team,
            ),
            Column("Allocated Worker", "text", "Who answered for social care", lambda r: r.found.worker),
        ),
    ),
)
