"""Recording what people say of the service, and how it was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Row, insert, select, update

from earlyhelp.casework.reading import case_for
from earlyhelp.casework.references import find_team
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.permissions import Person, visible_feedback
from earlyhelp.records.cases import Case
from earlyhelp.records.feedback import Feedback
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.records.reference import CodeEntry

KINDS = ("compliment", "complaint", "satisfaction")
STAGES, SCORES = (1, 2, 3), (1, 2, 3, 4, 5)
LONGEST = 10_000
EARLIEST = date(2000, 1, 1)


class FeedbackRefused(Exception):
    """Nothing was written. `errors` are words by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(self.errors.values()))


class NoSuchFeedback(Exception):
    """There is none, or it is not this person's to see."""


@dataclass(frozen=True)
class Told:
    """What was said, as somebody gave it. `stage` is for complaints, `score` for satisfaction."""

    kind: str
    received_on: date | None
    said_by: str
    said: str
    stage: int | None = None
    score: int | None = None
    case: str = ""
    team: str = ""


def record_feedback(connection: Connection, *, told: Told, person: Person, now: datetime) -> int:
    """Write it down and return its id. Its team is the one named, or that of the case. Raises FeedbackRefused."""
    said = CONTROL_CHARACTERS.sub("", told.said.strip())
    case = _case(connection, told.case, person)
    team = find_team(connection, told.team) if told.team else None
    errors = _faults(connection, told, said, now)
    if told.case and case is None:
        errors["case"] = "There is no case of that reference that you may open"
    if told.team and team is None:
        errors["team"] = "Choose one of the teams"
    if errors:
        raise FeedbackRefused(errors)
    written = insert(Feedback).values(
        kind=told.kind,
        stage=told.stage if told.kind == "complaint" else None,
        score=told.score if told.kind == "satisfaction" else None,
        received_on=told.received_on,
        said_by=told.said_by,
        said=said,
        case_id=case.id if case is not None else None,
        team_id=team.id if team is not None else (case.team_id if case is not None else None),
        recorded_by_id=person.id,
        recorded_at=now,
    )
    return int(connection.execute(written.returning(Feedback.id)).scalar_one())


def answer_feedback(
    connection: Connection,
    *,
    feedback_id: int,
    outcome: str,
    answer: str,
    answered_on: date | None,
    person: Person,
    now: datetime,
) -> None:
    """How it was answered; a complaint also says how it ended. Raises FeedbackRefused, NoSuchFeedback."""
    given = feedback_for(connection, feedback_id=feedback_id, person=person)
    words = CONTROL_CHARACTERS.sub("", answer.strip())
    errors = (
        {}
        if 0 < len(words) <= LONGEST
        else {"answer": f"Say what was answered, in 1 to {LONGEST} characters"}
    )
    if given.kind == "complaint" and not _is_code(connection, "complaint_outcome", outcome, now):
        errors["outcome"] = "Choose how the complaint ended"
    if answered_on is None or not given.received_on <= answered_on <= _today(now):
        errors["answered_on"] = (
            "Give the day of the answer, not before the feedback came and not in the future"
        )
    if given.answered_on is not None:
        errors["answer"] = "Somebody has answered this already"
    if errors:
        raise FeedbackRefused(errors)
    connection.execute(
        update(Feedback)
        .where(Feedback.id == feedback_id)
        .values(
            outcome=outcome if given.kind == "complaint" else None,
            answer=words,
            answered_on=answered_on,
            answered_by_id=person.id,
            answer_recorded_at=now,
        )
    )


def feedback_for(connection: Connection, *, feedback_id: int, person: Person) -> Row[Feedback]:
    """One, if this person may see it; NoSuchFeedback otherwise."""
    found = connection.execute(
        select(Feedback)
        .outerjoin(Case, Case.id == Feedback.case_id)
        .where(Feedback.id == feedback_id, visible_feedback(person))
    ).one_or_none()
    if found is None:
        raise NoSuchFeedback(str(feedback_id))
    return found


def _faults(connection: Connection, told: Told, said: str, now: datetime) -> dict[str, str]:
    errors: dict[str, str] = {}
    if told.kind not in KINDS:
        errors["kind"] = "Say whether it is a compliment, a complaint or satisfaction"
    if told.kind == "complaint" and told.stage not in STAGES:
        errors["stage"] = "Choose the stage of the complaint"
    if told.kind == "satisfaction" and told.score not in SCORES:
        errors["score"] = "Choose how satisfied the family is, from 1 to 5"
    if told.received_on is None or not EARLIEST <= told.received_on <= _today(now):
        errors["received_on"] = "Give the day on which it came, not in the future"
    if not _is_code(connection, "feedback_from", told.said_by, now):
        errors["said_by"] = "Choose who gave the feedback"
    if len(said) > LONGEST or (told.kind != "satisfaction" and not said):
        errors["said"] = f"Write what was said, in 1 to {LONGEST} characters"
    return errors


def _case(connection: Connection, reference: str, person: Person) -> Row[Case] | None:
    canonical = parse_reference(reference) if reference else None
    if canonical is None:
        return None
    try:
        return case_for(connection, reference=canonical, person=person)
    except NoSuchCase:
        return None


def _is_code(connection: Connection, code_list: str, code: str, now: datetime) -> bool:
    """Whether the code is of the list, and valid today."""
    today = _today(now)
    found = connection.execute(
        select(CodeEntry.valid_from, CodeEntry.valid_to).where(
            CodeEntry.code_list == code_list, CodeEntry.code == code
        )
    ).one_or_none()
    return found is not None and (found.valid_from or today) <= today <= (found.valid_to or today)


def _today(now: datetime) -> date:
    return now.astimezone(LONDON).date()
