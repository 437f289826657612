"""Case audits: drawing a sample that can be drawn again, and grading what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy import Connection, Row, insert, select, update

from earlyhelp.casework.audit_themes import THEMES, Period
from earlyhelp.casework.references import find_person, find_team
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.permissions import Person, load_person, may, visible_cases
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.practice import AuditedCase, AuditSample
from earlyhelp.records.reference import CodeEntry

MOST_CASES, LONGEST_TITLE, LONGEST_TEXT = 100, 200, 10_000
LARGEST_SEED = 2**31
GRADES = "audit_grade"


class AuditRefused(Exception):
    """Nothing was written. `errors` are words by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(self.errors.values()))


class NoSuchAudit(Exception):
    """There is none, or it is not this person's to grade."""


@dataclass(frozen=True)
class Wanted:
    """A sample as somebody asks for it. `auditors` are addresses, `team` a key or empty for every team."""

    title: str
    theme: str
    period: Period
    size: int
    auditors: Sequence[str]
    team: str = ""


def draw_sample(connection: Connection, *, wanted: Wanted, seed: int, person: Person, now: datetime) -> int:
    """Draw the sample out of the cases that this person may see, share it out among the auditors, return its id.

    The same seed on the same cases draws the same sample. Nobody audits a case that they led or acted on, or may
    not see. Raises AuditRefused.
    """
    auditors = _auditors(connection, wanted.auditors)
    team = find_team(connection, wanted.team) if wanted.team else None
    _check(wanted, auditors, team, now)
    found = _cases(connection, wanted, team.id if team is not None else None, person)
    if not found:
        raise AuditRefused({"theme": "No case that you may see was found for this theme, team and period"})
    drawn = sorted(Random(seed).sample(found, min(wanted.size, len(found))))  # noqa: S311 - a sample, no secret
    shared = _shared_out(connection, drawn, auditors)
    sample_id = connection.execute(
        insert(AuditSample)
        .values(
            title=CONTROL_CHARACTERS.sub("", wanted.title.strip()),
            theme=wanted.theme,
            first_on=wanted.period.first,
            last_on=wanted.period.last,
            team_id=team.id if team is not None else None,
            seed=seed,
            drawn_from=len(found),
            drawn_at=now,
            drawn_by_id=person.id,
        )
        .returning(AuditSample.id)
    ).scalar_one()
    teams = dict(connection.execute(select(Case.id, Case.team_id).where(Case.id.in_(drawn))).all())
    rows = [
        {"sample_id": sample_id, "case_id": case_id, "team_id": teams[case_id], "auditor_id": auditor_id}
        for case_id, auditor_id in shared.items()
    ]
    connection.execute(insert(AuditedCase), rows)
    return int(sample_id)


def grade_case(
    connection: Connection,
    *,
    audited_id: int,
    grade: str,
    strengths: str,
    learning: str,
    person: Person,
    now: datetime,
) -> None:
    """What the auditor found, once and for all. Raises AuditRefused, or NoSuchAudit for anybody but the auditor."""
    audited = audited_case_for(connection, audited_id=audited_id, person=person)
    texts = {
        name: CONTROL_CHARACTERS.sub("", text.strip())
        for name, text in (("strengths", strengths), ("learning", learning))
    }
    errors = {
        name: f"Write what you found, in 1 to {LONGEST_TEXT} characters"
        for name, text in texts.items()
        if not 0 < len(text) <= LONGEST_TEXT
    }
    if not _is_grade(connection, grade):
        errors["grade"] = "Choose a grade"
    if audited.grade is not None:
        errors["grade"] = "This case is graded already"
    if errors:
        raise AuditRefused(errors)
    connection.execute(
        update(AuditedCase)
        .where(AuditedCase.id == audited_id)
        .values(grade=grade, **texts, graded_at=now, graded_by_id=person.id)
    )


def audited_case_for(connection: Connection, *, audited_id: int, person: Person) -> Row[AuditedCase]:
    """One case of a sample, for its auditor while they may see the case; NoSuchAudit otherwise."""
    found = connection.execute(
        select(AuditedCase)
        .join(Case, Case.id == AuditedCase.case_id)
        .where(AuditedCase.id == audited_id, AuditedCase.auditor_id == person.id, visible_cases(person))
    ).one_or_none()
    if found is None:
        raise NoSuchAudit(str(audited_id))
    return found


def _check(wanted: Wanted, auditors: Sequence[Person], team: object, now: datetime) -> None:
    errors: dict[str, str] = {}
    if not 0 < len(CONTROL_CHARACTERS.sub("", wanted.title.strip())) <= LONGEST_TITLE:
        errors["title"] = f"Name the audit, in 1 to {LONGEST_TITLE} characters"
    if wanted.theme not in THEMES:
        errors["theme"] = "Choose a theme"
    if not wanted.period.first <= wanted.period.last <= now.astimezone(LONDON).date():
        errors["last_on"] = "The last day must not be before the first, nor in the future"
    if not 1 <= wanted.size <= MOST_CASES:
        errors["size"] = f"A sample has 1 to {MOST_CASES} cases"
    if not auditors or len(auditors) < len(set(wanted.auditors)):
        errors["auditors"] = "Choose who audits: managers, service managers or auditors"
    if wanted.team and team is None:
        errors["team"] = "Choose one of the teams"
    if errors:
        raise AuditRefused(errors)


def _auditors(connection: Connection, addresses: Sequence[str]) -> list[Person]:
    """Active people who may audit. Raises AuditRefused for more than share one sample."""
    if len(set(addresses)) > MOST_CASES:
        raise AuditRefused({"auditors": f"At most {MOST_CASES} people share a sample"})
    rows = [find_person(connection, address) for address in dict.fromkeys(addresses)]
    people = [load_person(connection, user_id=row.id) for row in rows if row is not None]
    return [person for person in people if person is not None and may(person, "case_audit")]


def _cases(connection: Connection, wanted: Wanted, team_id: int | None, person: Person) -> list[int]:
    where = [THEMES[wanted.theme].condition(wanted.period), visible_cases(person)]
    where += [Case.team_id == team_id] if team_id is not None else []
    return list(connection.scalars(select(Case.id).where(*where).order_by(Case.id)))


def _shared_out(connection: Connection, drawn: Sequence[int], auditors: Sequence[Person]) -> dict[int, int]:
    """Each case to the auditor with fewest so far among those who may audit it."""
    may_audit = {auditor.id: _may_audit(connection, drawn, auditor) for auditor in auditors}
    given: dict[int, int] = {}
    left: list[int] = []
    for case_id in drawn:
        able = [
            auditor.id for auditor in auditors if auditor.id is not None and case_id in may_audit[auditor.id]
        ]
        if able:
            held = list(given.values())
            given[case_id] = min(able, key=held.count)
        else:
            left.append(case_id)
    if left:
        words = f"Nobody chosen may audit {len(left)} of the cases: they led or acted on them, or may not see them"
        raise AuditRefused({"auditors": words})
    return given


def _may_audit(connection: Connection, drawn: Sequence[int], auditor: Person) -> set[int]:
    acted = select(Event.case_id).where(Event.case_id.in_(drawn), Event.actor_id == auditor.id)
    led = select(Event.case_id).where(Event.case_id.in_(drawn), Event.lead_professional_id == auditor.id)
    allowed = select(Case.id).where(
        Case.id.in_(drawn), visible_cases(auditor), Case.id.not_in(acted), Case.id.not_in(led)
    )
    return set(connection.scalars(allowed))


def _is_grade(connection: Connection, code: str) -> bool:
    found = select(CodeEntry.code).where(CodeEntry.code_list == GRADES, CodeEntry.code == code)
    return connection.scalar(found) is not None
