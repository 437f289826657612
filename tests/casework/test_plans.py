"""The family's plan: several people work on it, nothing of it is lost."""

from typing import Any

import pytest
from sqlalchemy import Connection, select

from earlyhelp.casework.journal import first_broken_entry
from earlyhelp.casework.plans import (
    add_action,
    add_goal,
    change_action,
    reach_goal,
    record_progress,
    strike_action,
    strike_goal,
)
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed, StaleVersion
from earlyhelp.insight.plans import journal_of, plan_of
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.records.cases import Case, Event
from tests.casework.watched_cases import MONDAY, Council, act, allocated, days

NOW = MONDAY + days(3)
ACTION = {
    "what": "Ask for a place at breakfast club",
    "who": "Jago Pascoe",
    "agency": "school",
    "need": "education",
    "due_on": "2026-03-20",
}


@pytest.fixture
def lead(connection: Connection, council: Council) -> dict[str, Any]:
    """The lead professional on a family of theirs."""
    return {"reference": allocated(connection, council), "person": council["lead"], "now": NOW}


def case_id(connection: Connection) -> int:
    found = connection.scalar(select(Case.id))
    assert found is not None
    return found


def test_an_action_says_who_what_by_when_and_for_which_need(
    connection: Connection, lead: dict[str, Any]
) -> None:
    action_id = add_action(connection, **lead, given=ACTION)
    (standing,) = plan_of(connection, case_id=case_id(connection)).actions
    assert (standing.row.id, standing.row.who, standing.row.need) == (action_id, "Jago Pascoe", "education")
    assert standing.row.due_on.isoformat() == "2026-03-20"


def test_everything_wrong_with_an_action_is_told_at_once(
    connection: Connection, lead: dict[str, Any]
) -> None:
    with pytest.raises(BadFields) as refused:
        add_action(connection, **lead, given={"what": "a\x00b", "agency": "circus", "due_on": "2026-02-31"})
    assert set(refused.value.errors) == {"what", "who", "agency", "due_on"}


def test_a_plan_does_not_move_the_version_of_the_case(connection: Connection, lead: dict[str, Any]) -> None:
    before = connection.scalar(select(Case.version))
    events = len(connection.execute(select(Event.id)).all())
    add_action(connection, **lead, given=ACTION)
    assert connection.scalar(select(Case.version)) == before
    assert len(connection.execute(select(Event.id)).all()) == events


def test_what_an_action_said_before_stays_on_record(connection: Connection, lead: dict[str, Any]) -> None:
    action_id = add_action(connection, **lead, given=ACTION)
    change_action(
        connection,
        **lead,
        action_id=action_id,
        seen_version=1,
        given={**ACTION, "due_on": "2026-04-03", "who": "Mr Pascoe"},
    )
    latest = journal_of(
        connection, case_id=case_id(connection), subject="plan_actions", subject_id=action_id
    )[0]
    assert latest.content["before"] == {"due_on": "2026-03-20", "who": "Jago Pascoe"}
    assert latest.content["now"] == {"due_on": "2026-04-03", "who": "Mr Pascoe"}
    assert latest.by == "Lead"


def test_a_change_over_somebody_elses_is_refused(connection: Connection, lead: dict[str, Any]) -> None:
    action_id = add_action(connection, **lead, given=ACTION)
    change = {**lead, "action_id": action_id, "seen_version": 1}
    change_action(connection, **change, given={**ACTION, "who": "Mr Pascoe"})
    with pytest.raises(StaleVersion):
        change_action(connection, **change, given={**ACTION, "who": "Mrs Pascoe"})


def test_an_action_is_overdue_from_the_day_after_until_it_is_done(
    connection: Connection, lead: dict[str, Any]
) -> None:
    action_id = add_action(connection, **lead, given=ACTION)
    plan = plan_of(connection, case_id=case_id(connection))
    due = plan.actions[0].row.due_on
    assert plan.overdue(due) == []
    assert plan.overdue(due + days(1)) == plan.actions
    done = {"words": "Starts on Monday", "done": True, "occurred_on": "2026-03-04"}
    record_progress(connection, **lead, action_id=action_id, given=done)
    plan = plan_of(connection, case_id=case_id(connection))
    assert plan.overdue(due + days(1)) == []
    assert plan.actions[0].row.done_on.isoformat() == "2026-03-04"


def test_what_is_done_or_struck_through_is_left_alone(connection: Connection, lead: dict[str, Any]) -> None:
    first, second = (add_action(connection, **lead, given=ACTION) for _ in range(2))
    record_progress(connection, **lead, action_id=first, given={"words": "Done", "done": True})
    strike_action(connection, **lead, action_id=second, given={"reason": "Entered twice"})
    for action_id in (first, second):
        with pytest.raises(Refused):
            record_progress(connection, **lead, action_id=action_id, given={"words": "More", "done": False})
    with pytest.raises(BadFields):
        strike_action(connection, **lead, action_id=first, given={"reason": " "})
    assert [one.row.id for one in plan_of(connection, case_id=case_id(connection)).live_actions] == [first]


def test_goals_are_reached_or_struck_through_and_stay(connection: Connection, lead: dict[str, Any]) -> None:
    words = {"words": "A dry room", "whose": "Wenna"}
    reached, struck = (add_goal(connection, **lead, given=words) for _ in range(2))
    reach_goal(connection, **lead, goal_id=reached)
    strike_goal(connection, **lead, goal_id=struck, given={"reason": "Said of another house"})
    goals = plan_of(connection, case_id=case_id(connection)).goals
    assert [(goal.id, goal.reached_on is not None, goal.struck_reason) for goal in goals] == [
        (reached, True, ""),
        (struck, False, "Said of another house"),
    ]
    assert first_broken_entry(connection, reference="any", case_id=case_id(connection)) is None


def test_only_who_leads_or_manages_the_case_changes_its_plan(
    connection: Connection, council: Council, lead: dict[str, Any]
) -> None:
    for who in ("screener", "service_manager", "manager"):
        asked = {**lead, "person": council[who]}
        if who == "screener":
            with pytest.raises(NotAllowed):
                add_action(connection, **asked, given=ACTION)
        else:
            add_action(connection, **asked, given=ACTION)
    with pytest.raises(NoSuchCase):
        add_action(connection, **{**lead, "person": council["other_lead"]}, given=ACTION)


def test_an_action_of_another_family_does_not_exist_here(
    connection: Connection, council: Council, lead: dict[str, Any]
) -> None:
    action_id = add_action(connection, **lead, given=ACTION)
    other = allocated(connection, council, surname="Pascoe")
    with pytest.raises(NoSuchCase):
        strike_action(
            connection, **{**lead, "reference": other}, action_id=action_id, given={"reason": "mine"}
        )


def test_the_plan_of_a_closed_case_can_no_longer_be_changed(
    connection: Connection, council: Council, lead: dict[str, Any]
) -> None:
    withdrawn = {"what_family_said": "No more, thanks", "next_step": "close", "rationale": "No worries"}
    act(connection, lead["reference"], "withdraw_agreement", council["lead"], withdrawn, now=NOW)
    with pytest.raises(Refused, match="closed"):
        add_action(connection, **lead, given=ACTION)
