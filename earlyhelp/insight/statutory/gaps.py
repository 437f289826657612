"""What is missing in a row of Annex A, or cannot be: each gap leads to the record where it is mended."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from earlyhelp.insight.statutory.annex_a import (
    NOT_STATED,
    UNBORN,
    UNKNOWN_SOURCE,
    Cell,
    Row,
    age,
)
from earlyhelp.records.people import NOT_OBTAINED

OLDEST = 25
"""Years: a young person of early help is at most 25, with a disability."""
LATE_BIRTH = timedelta(days=60)


class Gap(NamedTuple):
    """One thing to look at. `finds` is asked of a row and its cells by the names of their columns."""

    column: str
    words: str
    finds: Callable[[Row, Mapping[str, Cell]], bool]
    on_the_child: bool = False
    """Whether it is mended in the record of the child, not of the case."""


def _blank(column: str) -> Callable[[Row, Mapping[str, Cell]], bool]:
    return lambda _, cells: cells[column] in (None, "")


def _ended_before(row: Row, cells: Mapping[str, Cell]) -> bool:
    found: Any = row.found
    return found.ended_on is not None and bool(found.ended_on < found.day)


def _too_old(row: Row, cells: Mapping[str, Cell]) -> bool:
    years = age(row)
    return years is not None and years > OLDEST


def _overdue_birth(row: Row, cells: Mapping[str, Cell]) -> bool:
    found = row.found
    expected = found.expected_birth_on
    return found.date_of_birth is None and expected is not None and bool(row.on - LATE_BIRTH > expected)


OF_THE_CHILD: dict[str, Gap] = {
    "birth": Gap(
        "Date of Birth",
        "Neither a date of birth nor an expected one is recorded",
        _blank("Date of Birth"),
        True,
    ),
    "overdue-birth": Gap(
        "Date of Birth",
        "The birth was expected more than 60 days before, and no date of birth is recorded",
        _overdue_birth,
        True,
    ),
    "age": Gap(
        "Age of Child (Years)", "By the date of birth the child is older than 25 years", _too_old, True
    ),
    "gender": Gap(
        "Gender",
        "Gender is not recorded",
        lambda row, cells: row.found.gender == NOT_STATED and cells["Age of Child (Years)"] != UNBORN,
        True,
    ),
    "ethnicity": Gap(
        "Ethnicity",
        "Ethnicity has not been obtained",
        lambda row, _: row.found.ethnicity not in row.codes.ethnicity or row.found.ethnicity == NOT_OBTAINED,
        True,
    ),
}
GAPS: Mapping[int, Mapping[str, Gap]] = {
    1: OF_THE_CHILD
    | {
        "source": Gap(
            "Contact Source",
            "Who told the front door is unknown",
            lambda row, _: row.found.source in (None, UNKNOWN_SOURCE),
        )
    },
    2: OF_THE_CHILD
    | {
        "organisation": Gap(
            "Organisation completing assessment",
            "Nobody leads yet, or the agency of who leads is not recorded",
            _blank("Organisation completing assessment"),
        ),
        "order": Gap(
            "Assessment completion date", "The assessment ended on a day before it began", _ended_before
        ),
    },
    3: OF_THE_CHILD
    | {
        "source": Gap(
            "Referral Source",
            "Who told the front door is unknown",
            lambda row, _: row.found.kind == "referral" and row.found.source in (None, UNKNOWN_SOURCE),
        ),
        "answer": Gap(
            "Referral NFA?", "Social care has not answered yet", lambda row, _: row.found.answer is None
        ),
        "team": Gap(
            "Allocated Team",
            "Who answered for social care is of no team",
            lambda row, cells: row.found.answer is not None and not cells["Allocated Team"],
        ),
        "worker": Gap(
            "Allocated Worker",
            "Nobody is named who answered for social care",
            lambda row, cells: row.found.answer is not None and not cells["Allocated Worker"],
        ),
    },
}
"""By list and key, in the order of the columns. A blank that the guidance allows is a gap where it can be filled."""
