"""What people of the made-up council say of its service, and one audit of its cases."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Connection, select

from earlyhelp.casework.audit_themes import Period
from earlyhelp.casework.audits import Wanted, draw_sample, grade_case
from earlyhelp.casework.feedback import Told, answer_feedback, record_feedback
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Case
from earlyhelp.records.practice import AuditedCase

SAID = (
    ("compliment", None, "parent", "She listened to us, and she came when she said she would."),
    ("compliment", None, "professional", "The school was told at once what would happen. Thank you."),
    ("compliment", None, "child", "I like that we talk about football first."),
    ("complaint", 1, "parent", "Nobody rang back for two weeks."),
    ("complaint", 1, "relative", "Grandparents were not asked to the meeting."),
    ("complaint", 2, "parent", "The answer to our complaint did not say what will change."),
)
ANSWERS = (
    ("upheld", "We are sorry. The team now rings back within two working days."),
    ("partly_upheld", "The family did not wish it then. We shall ask at each meeting from now on."),
)
FOUND = (
    ("good", "The child's own words are in every visit.", "Write the visit up the same day."),
    ("requires_improvement", "A clear plan.", "The father was not spoken to."),
    ("outstanding", "The family wrote the plan itself.", "Share how the meeting was run."),
)
SCORES = (5, 4, 4, 5, 3, 4, 2, 5)
SIZE = 5


def simulate_practice(connection: Connection, *, person: Person, seed: int, now: datetime) -> None:
    """A few compliments and complaints, families' satisfaction, one audit partly graded, all by `person`."""
    dice = Random(seed)  # noqa: S311 - made-up data
    led = select(Case.reference).where(Case.lead_professional_id.is_not(None)).order_by(Case.id)
    cases = list(connection.scalars(led))
    if cases:
        _say(connection, cases, dice, person, now)
        _audit(connection, seed, person, now)


def _say(connection: Connection, cases: Sequence[str], dice: Random, person: Person, now: datetime) -> None:
    today, answers = england().date_of(now), iter(ANSWERS)
    for kind, stage, said_by, said in SAID:
        day = today - timedelta(days=dice.randint(12, 80))
        told = Told(kind, day, said_by, said, stage=stage, case=dice.choice(cases))
        given = record_feedback(connection, told=told, person=person, now=now)
        answer = next(answers, None) if kind == "complaint" else None
        if answer is not None:
            answer_feedback(
                connection,
                feedback_id=given,
                outcome=answer[0],
                answer=answer[1],
                answered_on=day + timedelta(days=10),
                person=person,
                now=now,
            )
    for score in SCORES:
        day = today - timedelta(days=dice.randint(1, 80))
        told = Told("satisfaction", day, "parent", "", score=score, case=dice.choice(cases))
        record_feedback(connection, told=told, person=person, now=now)


def _audit(connection: Connection, seed: int, person: Person, now: datetime) -> None:
    today = england().date_of(now)
    period = Period(england().months_after(today, -6), today)
    wanted = Wanted(
        "Contact to provider, this half year", "contact_to_provider", period, SIZE, [person.email]
    )
    sample_id = draw_sample(connection, wanted=wanted, seed=seed, person=person, now=now)
    drawn = select(AuditedCase.id).where(AuditedCase.sample_id == sample_id).order_by(AuditedCase.id)
    for audited_id, (grade, strengths, learning) in zip(connection.scalars(drawn).all(), FOUND, strict=False):
        grade_case(
            connection,
            audited_id=audited_id,
            grade=grade,
            strengths=strengths,
            learning=learning,
            person=person,
            now=now,
        )
