"""The family's plan: goals in their own words, actions, progress. Nothing is deleted; the journal has every change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from earlyhelp.casework.answers import LINE, Answers
from earlyhelp.casework.desk import case_to_plan, case_to_write_on, note_change, row_of, seen
from earlyhelp.casework.perform import engine_for
from earlyhelp.casework.reading import CaseRow
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.facts import Refused
from earlyhelp.permissions import Person
from earlyhelp.records.plans import PlanAction, PlanGoal, PlanProgress

Given = Mapping[str, Any]
Errors = Mapping[str, list[str]] | None
NO_REASON = "Enter why it is struck through"
CHANGED = ("what", "who", "agency", "need", "due_on")


def add_goal(
    connection: Connection,
    *,
    reference: str,
    person: Person,
    given: Given,
    now: datetime,
    known_errors: Errors = None,
) -> int:
    """Write down what the family wants: `words` and `whose`. Returns the goal's id."""
    case = case_to_plan(connection, reference=reference, person=person)
    answers = Answers(given, known_errors)
    content = {
        "words": answers.words("words", missing="Enter what the family wants, in their words", longest=2000),
        "whose": answers.words("whose", missing="Enter whose words they are", longest=LINE),
    }
    answers.checked()
    goal_id = connection.execute(
        insert(PlanGoal)
        .values(**content, case_id=case.id, added_at=now, added_by_id=person.id)
        .returning(PlanGoal.id)
    ).scalar_one()
    note_change(
        connection,
        case,
        what="goal_added",
        table=PlanGoal,
        row_id=goal_id,
        content=content,
        person=person,
        now=now,
    )
    return goal_id


def reach_goal(
    connection: Connection, *, reference: str, goal_id: int, person: Person, now: datetime
) -> None:
    """The family has what they wanted, as of today."""
    case = case_to_plan(connection, reference=reference, person=person)
    row_of(connection, PlanGoal, row_id=goal_id, case=case)
    today = now.astimezone(LONDON).date()
    connection.execute(update(PlanGoal).where(PlanGoal.id == goal_id).values(reached_on=today))
    note_change(
        connection,
        case,
        what="goal_reached",
        table=PlanGoal,
        row_id=goal_id,
        content={"reached_on": today.isoformat()},
        person=person,
        now=now,
    )


def strike_goal(
    connection: Connection, *, reference: str, goal_id: int, person: Person, given: Given, now: datetime
) -> None:
    """Strike a goal through, with a reason. It stays readable."""
    case = case_to_plan(connection, reference=reference, person=person)
    _strike(connection, case, PlanGoal, goal_id, given, person, now)


def add_action(
    connection: Connection,
    *,
    reference: str,
    person: Person,
    given: Given,
    now: datetime,
    known_errors: Errors = None,
) -> int:
    """Add an action: `what`, `who`, `agency`, `need` (may be empty), `due_on`. Returns its id."""
    case = case_to_plan(connection, reference=reference, person=person)
    values = _read_action(connection, case, given, known_errors)
    action_id = connection.execute(
        insert(PlanAction)
        .values(**values, case_id=case.id, added_at=now, added_by_id=person.id)
        .returning(PlanAction.id)
    ).scalar_one()
    note_change(
        connection,
        case,
        what="action_added",
        table=PlanAction,
        row_id=action_id,
        content=_plain(values),
        person=person,
        now=now,
    )
    return action_id


def change_action(
    connection: Connection,
    *,
    reference: str,
    action_id: int,
    person: Person,
    given: Given,
    now: datetime,
    seen_version: int | None = None,
    known_errors: Errors = None,
) -> None:
    """Change what an action says. What it said before stays in the journal. Raises StaleVersion."""
    case = case_to_plan(connection, reference=reference, person=person)
    row = _live_action(connection, case, action_id)
    seen(row, seen_version)
    values = _read_action(connection, case, given, known_errors)
    before = {name: getattr(row, name) for name in CHANGED}
    changed = {name: value for name, value in values.items() if value != before[name]}
    if not changed:
        return
    connection.execute(
        update(PlanAction).where(PlanAction.id == action_id).values(**changed, version=row.version + 1)
    )
    content = {"now": _plain(changed), "before": _plain({name: before[name] for name in changed})}
    note_change(
        connection,
        case,
        what="action_changed",
        table=PlanAction,
        row_id=action_id,
        content=content,
        person=person,
        now=now,
    )


def record_progress(
    connection: Connection,
    *,
    reference: str,
    action_id: int,
    person: Person,
    given: Given,
    now: datetime,
    known_errors: Errors = None,
) -> None:
    """Write how an action goes: `words`, `occurred_on` (today if empty), `done` (true or false).

    Also for those of the team around the family who may contribute: the action may be theirs.
    """
    case = case_to_write_on(connection, reference=reference, person=person)
    row = _live_action(connection, case, action_id)
    if not case.is_open or row.done_on is not None:
        raise Refused("This action is done, or its case is closed")
    answers = Answers(given, known_errors)
    today = now.astimezone(LONDON).date()
    words = answers.words("words", missing="Enter how it goes", longest=4000)
    day = answers.day("occurred_on", latest=today) or today
    done = answers.yes_no("done", missing="Select yes if the action is done")
    answers.checked()
    connection.execute(
        insert(PlanProgress).values(
            action_id=action_id, words=words, occurred_on=day, written_at=now, by_id=person.id
        )
    )
    if done:
        connection.execute(
            update(PlanAction)
            .where(PlanAction.id == action_id)
            .values(done_on=day, version=PlanAction.version + 1)
        )
    note_change(
        connection,
        case,
        what="action_done" if done else "progress",
        table=PlanAction,
        row_id=action_id,
        content={"words": words, "occurred_on": day.isoformat()},
        person=person,
        now=now,
    )


def strike_action(
    connection: Connection, *, reference: str, action_id: int, person: Person, given: Given, now: datetime
) -> None:
    """Strike an action through, with a reason: it was entered wrongly, or is no longer to be done."""
    case = case_to_plan(connection, reference=reference, person=person)
    _strike(connection, case, PlanAction, action_id, given, person, now)


def _live_action(connection: Connection, case: CaseRow, action_id: int) -> Any:
    row = row_of(connection, PlanAction, row_id=action_id, case=case)
    if row.struck_at is not None:
        raise Refused("This action was struck through")
    return row


def _strike(
    connection: Connection,
    case: CaseRow,
    table: Any,
    row_id: int,
    given: Given,
    person: Person,
    now: datetime,
) -> None:
    row = row_of(connection, table, row_id=row_id, case=case)
    answers = Answers(given)
    reason = answers.words("reason", missing=NO_REASON, longest=1000)
    answers.checked()
    if row.struck_at is not None:
        return
    connection.execute(
        update(table)
        .where(table.id == row_id)
        .values(struck_at=now, struck_by_id=person.id, struck_reason=reason)
    )
    note_change(
        connection,
        case,
        what="struck_through",
        table=table,
        row_id=row_id,
        content={"reason": reason},
        person=person,
        now=now,
    )


def _read_action(connection: Connection, case: CaseRow, given: Given, known: Errors) -> dict[str, Any]:
    codes = engine_for(connection, case).pathway.codes
    answers = Answers(given, known)
    values = {
        "what": answers.words("what", missing="Enter what will be done", longest=2000),
        "who": answers.words("who", missing="Enter who will do it", longest=LINE),
        "agency": answers.code("agency", codes.get("agency", {}), missing="Select where they are from"),
        "need": answers.code("need", codes.get("headline_outcome", {})),
        "due_on": answers.day("due_on", missing="Enter the day by which it will be done"),
    }
    answers.checked()
    return values


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if name == "due_on" else value for name, value in values.items()}
