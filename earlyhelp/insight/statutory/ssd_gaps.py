"""What is missing in the Standard Safeguarding Dataset: each gap leads to the record where it is mended."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from earlyhelp.insight.statutory.ssd_fields import Table, Whole
from earlyhelp.insight.statutory.ssd_people import PERSON
from earlyhelp.insight.statutory.ssd_work import CONTACTS, EPISODES, REFERRALS, primary_need
from earlyhelp.permissions import hidden_people, visible_cases
from earlyhelp.records.cases import Case
from earlyhelp.records.people import NOT_OBTAINED, Person

PAGE = 50
UNKNOWN_SOURCE = "10"


class Gap(NamedTuple):
    """One thing to look at. `finds` is asked of a row of the table."""

    table: Table
    field: str
    words: str
    finds: Callable[[Any], bool]

    @property
    def on_the_person(self) -> bool:
        """Whether it is mended in the record of the person, not of the case."""
        return self.table is PERSON


class Found(NamedTuple):
    """One gap in one row: the `row`-th of its table, and whose record it is. People have no case of their own here."""

    row: int
    person: str
    reference: str | None = None


def _child(row: Any) -> bool:
    return not row.adult


def _no_birth(row: Any) -> bool:
    return _child(row) and row.date_of_birth is None and row.expected_birth_on is None


def _no_gender(row: Any) -> bool:
    return _child(row) and row.gender == "not_stated" and row.date_of_birth is not None


GAPS: Mapping[str, Gap] = {
    "birth": Gap(
        PERSON, "pers_dob", "Neither a date of birth of the child nor an expected one is recorded", _no_birth
    ),
    "gender": Gap(PERSON, "pers_gender", "The child’s gender is not recorded", _no_gender),
    "ethnicity": Gap(
        PERSON,
        "pers_ethnicity",
        "The child’s ethnicity has not been obtained",
        lambda row: _child(row) and row.ethnicity == NOT_OBTAINED,
    ),
    "disability": Gap(
        PERSON,
        "disa_disability_code",
        "Whether the child has a disability is not recorded, so the table of disabilities says nothing of them",
        lambda row: _child(row) and row.disabled is None,
    ),
    "address": Gap(
        PERSON,
        "addr_address_postcode",
        "The child’s postcode is not recorded",
        lambda row: _child(row) and not row.postcode,
    ),
    "numbers": Gap(
        PERSON,
        "link_identifier_value",
        "Neither an NHS number nor a UPN of the child is recorded, so other systems’ records cannot be joined",
        lambda row: _child(row) and not row.nhs_number and not row.upn,
    ),
    "source": Gap(
        CONTACTS,
        "cont_contact_source_code",
        "Who told the front door is unknown",
        lambda row: row.source in (None, "", UNKNOWN_SOURCE),
    ),
    "reason": Gap(
        EPISODES,
        "earl_episode_reason",
        "The contact names no presenting need",
        lambda row: row.reason is None,
    ),
    "worker": Gap(
        EPISODES, "earl_episode_worker_id", "Nobody leads, or led, the help", lambda row: row.worker is None
    ),
    "organisation": Gap(
        EPISODES,
        "earl_episode_organisation",
        "The agency of who leads is not recorded",
        lambda row: row.worker is not None and row.organisation is None,
    ),
    "need": Gap(
        REFERRALS,
        "cine_cin_primary_need_code",
        "The contact names no presenting need of the national list",
        lambda row: primary_need(row) is None,
    ),
    "answer": Gap(
        REFERRALS,
        "cine_referral_nfa",
        "Social care has not answered yet",
        lambda row: row.answer is None,
    ),
}
"""By key, in the order of the tables."""


def gaps_counted(connection: Connection, whole: Whole) -> dict[str, int]:
    """How many of each, without those that were not found: one walk over each table that may have any."""
    counts = dict.fromkeys(GAPS, 0)
    for table in dict.fromkeys(gap.table for gap in GAPS.values()):
        mine = [(key, gap.finds) for key, gap in GAPS.items() if gap.table is table]
        for row in table.rows(connection, whole):
            for key, finds in mine:
                counts[key] += finds(row)
    return {key: number for key, number in counts.items() if number}


def gaps_listed(connection: Connection, whole: Whole, key: str, *, after: int = 0) -> list[Found]:
    """The gaps of one kind after a row of their table: one more than a page holds."""
    gap = GAPS[key]
    rows: Iterator[tuple[int, Any]] = enumerate(gap.table.rows(connection, whole), start=1)
    found = (_told(gap, number, row) for number, row in rows if number > after and gap.finds(row))
    return list(islice(found, PAGE + 1))


def left_out(connection: Connection, whole: Whole) -> int:
    """How many restricted cases and people this asker is not given."""
    asker = whole.asked.asker
    cases = select(func.count()).select_from(Case).where(Case.restricted, ~visible_cases(asker))
    people = select(func.count()).select_from(Person).where(hidden_people(asker))
    return int(connection.scalar(cases) or 0) + int(connection.scalar(people) or 0)


def _told(gap: Gap, number: int, row: Any) -> Found:
    if gap.on_the_person:
        return Found(number, row.public_id)
    return Found(number, row.person if gap.table is EPISODES else row.public_id, row.reference)
