"""What follows from an action: the engine's own promises, on the standard pathway."""

import sys
import types
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.clocks import Pause
from earlyhelp.pathway.definition import Guard, Pathway
from earlyhelp.pathway.facts import (
    Actor,
    BadFields,
    Facts,
    GuardRefused,
    OpenClock,
    UnknownAction,
    WrongRole,
    WrongState,
)
from earlyhelp.pathway.lint import lint
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.pathway.machine import NOWHERE, CompiledPathway, compile_pathway
from earlyhelp.places import workflows

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
SCREENER = Actor(1, frozenset({"screener"}), "front_door")
MANAGER = Actor(2, frozenset({"manager"}), "locality")
LEAD = Actor(3, frozenset({"lead_professional"}), "locality")
DUTY_MANAGER = Actor(4, frozenset({"manager"}), "social_care")
SYSTEM = Actor(None, frozenset({"system"}))
ACCEPTANCE = {"level_of_need": "targeted", "rationale": "Several needs", "agreement": "given"}
STEP_UP = {"what_changed": "Bruises", "level_of_need": "specialist", "urgency": "red"}
REVIEW = {
    "taf_date": "2026-03-02",
    "attended": ["family", "school"],
    "progress": "Better",
    "score_childs_development": 5,
    "score_parenting_capacity": 6,
    "score_family_and_environment": 7,
    "next_review_date": "2026-03-20",
}


@pytest.fixture(scope="module")
def standard() -> CompiledPathway:
    return compile_pathway(load(workflows() / "standard.toml"), england())


def at(state: str, **more: Any) -> Facts:
    return Facts(state=state, state_entered_at=MONDAY, **more)


def clock(engine: CompiledPathway, name: str, *, urgency: str | None = None) -> OpenClock:
    """The clock as the engine itself would have started it on Monday."""
    if name == "step_up_decision":
        started = engine.step(
            at("assessing"), "request_step_up", {**STEP_UP, "urgency": urgency}, LEAD, MONDAY
        )
    else:
        allocation = {"lead_professional": "someone"}
        started = engine.step(
            at("awaiting_allocation"), "allocate_lead_professional", allocation, MANAGER, MONDAY
        )
    start = next(start for start in started.starts if start.clock.name == name)
    return OpenClock(name, MONDAY, start.schedule, start.span)


def test_accepting_stops_the_screening_clock_and_starts_allocation(standard: CompiledPathway) -> None:
    step = standard.step(at("screening"), "accept_for_early_help", ACCEPTANCE, SCREENER, MONDAY)
    assert (step.to_state, step.final, step.outcome) == ("awaiting_allocation", False, None)
    assert {start.clock.name for start in step.starts} == {"allocation", "referrer_answer"}
    assert step.sets == {"level_of_need": "targeted", "agreement": "given"}


def test_a_case_begins_only_by_an_opening_action(standard: CompiledPathway) -> None:
    with pytest.raises(WrongState):
        standard.step(Facts(state=None), "accept_for_early_help", ACCEPTANCE, SCREENER, MONDAY)


def test_an_action_the_pathway_does_not_have_is_refused_by_name(standard: CompiledPathway) -> None:
    with pytest.raises(UnknownAction, match="teleport"):
        standard.step(at("screening"), "teleport", {}, SCREENER, MONDAY)


def test_no_transition_jumps_past_the_guards(standard: CompiledPathway) -> None:
    """transitions makes `to_closed` for every state unless told not to."""
    assert not [name for name in standard.machine.events if name.startswith("to_")]
    assert set(standard.machine.events) == set(standard.pathway.actions)


def test_somebody_in_another_role_is_refused_in_words(standard: CompiledPathway) -> None:
    with pytest.raises(WrongRole, match="only for manager"):
        standard.step(at("awaiting_authorisation"), "authorise_assessment", {"comment": "Good"}, LEAD, MONDAY)


def test_an_action_from_the_wrong_state_says_what_is_possible(standard: CompiledPathway) -> None:
    with pytest.raises(WrongState) as refused:
        standard.step(at("assessing"), "accept_for_early_help", ACCEPTANCE, SCREENER, MONDAY)
    assert "answer_referrer" in refused.value.possible
    assert "Assessing" in str(refused.value)


def test_early_help_is_refused_without_agreement(standard: CompiledPathway) -> None:
    fields = {**ACCEPTANCE, "agreement": "refused"}
    with pytest.raises(BadFields) as refused:
        standard.step(at("screening"), "accept_for_early_help", fields, SCREENER, MONDAY)
    assert "agreement" in refused.value.errors


def test_every_missing_and_wrong_field_is_told_at_once(standard: CompiledPathway) -> None:
    with pytest.raises(BadFields) as refused:
        standard.step(
            at("screening"), "accept_for_early_help", {"rationale": "  ", "mood": "x"}, SCREENER, MONDAY
        )
    assert set(refused.value.errors) == {"level_of_need", "rationale", "agreement", "mood"}


def test_faults_found_by_the_caller_are_told_with_the_engines(standard: CompiledPathway) -> None:
    known = {"occurred_at": ["In the future"]}
    with pytest.raises(BadFields) as refused:
        standard.step(at("screening"), "accept_for_early_help", {}, SCREENER, MONDAY, known)
    assert {"occurred_at", "rationale"} <= set(refused.value.errors)


def test_a_reason_is_required_only_where_agreement_is_overridden(standard: CompiledPathway) -> None:
    referral = {"level_of_need": "specialist", "rationale": "Bruises", "urgency": "red", "agreement": "given"}
    assert standard.step(at("screening"), "refer_to_social_care", referral, SCREENER, MONDAY)
    with pytest.raises(BadFields) as refused:
        standard.step(
            at("screening"), "refer_to_social_care", {**referral, "agreement": "refused"}, SCREENER, MONDAY
        )
    assert set(refused.value.errors) == {"override_reason"}


def test_nobody_authorises_their_own_assessment(standard: CompiledPathway) -> None:
    facts = at("awaiting_authorisation", assessment_author=MANAGER.id)
    with pytest.raises(GuardRefused, match="another manager"):
        standard.step(facts, "authorise_assessment", {"comment": "Good"}, MANAGER, MONDAY)
    other = facts._replace(assessment_author=99)
    assert standard.step(other, "authorise_assessment", {"comment": "Good"}, MANAGER, MONDAY)


def test_only_social_care_accepts_a_step_up(standard: CompiledPathway) -> None:
    decision = {"rationale": "Needs a plan", "plan_type": "CIN"}
    facts = at("step_up_requested", came_from="assessing", urgency="red")
    with pytest.raises(GuardRefused, match="social care"):
        standard.step(facts, "accept_step_up", decision, MANAGER, MONDAY)
    assert standard.step(facts, "accept_step_up", decision, DUTY_MANAGER, MONDAY).outcome == "escalated"


def test_a_referral_from_the_door_closes_as_referred_to_social_care(standard: CompiledPathway) -> None:
    facts = at("step_up_requested", came_from="screening", urgency="red")
    decision = {"rationale": "Needs a plan", "plan_type": "CP"}
    step = standard.step(facts, "accept_step_up", decision, DUTY_MANAGER, MONDAY)
    assert step.outcome == "referred_to_social_care"


@pytest.mark.parametrize("origin", ["awaiting_allocation", "assessing", "plan_in_progress"])
def test_a_returned_step_up_goes_back_where_it_came_from(standard: CompiledPathway, origin: str) -> None:
    asked = standard.step(at(origin), "request_step_up", STEP_UP, MANAGER, MONDAY)
    assert asked.came_from == origin
    facts = at("step_up_requested", came_from=asked.came_from, urgency="red")
    step = standard.step(facts, "return_step_up", {"rationale": "Go on"}, DUTY_MANAGER, MONDAY)
    assert step.to_state == origin


@pytest.mark.parametrize(("said", "level"), [({"level_of_need": "targeted"}, "targeted"), ({}, None)])
def test_a_returned_step_up_says_what_the_family_needs_now(
    standard: CompiledPathway, said: dict[str, str], level: str | None
) -> None:
    facts = at("step_up_requested", came_from="assessing", urgency="red", level_of_need="specialist")
    step = standard.step(facts, "return_step_up", {"rationale": "Go on", **said}, DUTY_MANAGER, MONDAY)
    assert step.sets.get("level_of_need") == level


def test_what_is_returned_is_not_for_social_care(standard: CompiledPathway) -> None:
    facts = at("step_up_requested", came_from="assessing", urgency="red", level_of_need="specialist")
    with pytest.raises(BadFields):
        standard.step(
            facts, "return_step_up", {"rationale": "x", "level_of_need": "specialist"}, DUTY_MANAGER, MONDAY
        )


def test_a_step_up_that_came_from_nowhere_cannot_go_back(standard: CompiledPathway) -> None:
    with pytest.raises(WrongState, match="no state to go back to"):
        standard.step(at("step_up_requested"), "return_step_up", {"rationale": "x"}, DUTY_MANAGER, MONDAY)


def test_a_contact_that_social_care_returns_gets_its_clock_again(standard: CompiledPathway) -> None:
    facts = at("step_up_requested", came_from="screening", urgency="red")
    step = standard.step(facts, "return_step_up", {"rationale": "Not met"}, DUTY_MANAGER, MONDAY)
    assert [start.clock.name for start in step.starts] == ["screening_decision"]


def test_a_change_of_lead_professional_restarts_nothing(standard: CompiledPathway) -> None:
    facts = at("awaiting_first_contact", clocks=(clock(standard, "first_contact"),))
    fields = {"lead_professional": "other", "reason": "Long absence"}
    step = standard.step(facts, "change_lead_professional", fields, MANAGER, MONDAY)
    assert (step.starts, step.stops, step.moves, step.voids) == ((), (), (), ())


def test_urgency_moves_the_due_moment_from_the_original_start(standard: CompiledPathway) -> None:
    running = clock(standard, "step_up_decision", urgency="green")
    facts = at("step_up_requested", came_from="assessing", urgency="green", clocks=(running,))
    later = MONDAY + timedelta(days=1)
    fields = {"urgency": "red", "reason": "Disclosure"}
    step = standard.step(facts, "change_urgency", fields, MANAGER, later)
    assert [move.schedule.due_at for move in step.moves] == [MONDAY + timedelta(hours=4)]


def test_the_same_urgency_again_moves_nothing(standard: CompiledPathway) -> None:
    running = clock(standard, "step_up_decision", urgency="red")
    facts = at("step_up_requested", came_from="assessing", urgency="red", clocks=(running,))
    fields = {"urgency": "red", "reason": "Still"}
    assert standard.step(facts, "change_urgency", fields, MANAGER, MONDAY).moves == ()


def test_a_review_is_due_by_its_recorded_date_when_that_is_sooner(standard: CompiledPathway) -> None:
    step = standard.step(at("plan_in_progress"), "record_review", REVIEW, LEAD, MONDAY)
    review = next(start for start in step.starts if start.clock.name == "review")
    assert review.schedule.due_at == datetime(2026, 3, 21, tzinfo=UTC)


def test_a_later_review_date_does_not_put_the_review_off(standard: CompiledPathway) -> None:
    fields = {**REVIEW, "next_review_date": "2026-12-01"}
    step = standard.step(at("plan_in_progress"), "record_review", fields, LEAD, MONDAY)
    review = next(start for start in step.starts if start.clock.name == "review")
    assert review.schedule.due_at == datetime(2026, 6, 2, 23, tzinfo=UTC)  # three months: end of 2 June, BST


def test_a_clock_that_nothing_can_stop_any_more_comes_to_nothing(standard: CompiledPathway) -> None:
    facts = at("awaiting_first_contact", clocks=(clock(standard, "first_contact"),))
    fields = {"what_family_said": "No thank you", "next_step": "close", "rationale": "No risk seen"}
    step = standard.step(facts, "withdraw_agreement", fields, MANAGER, MONDAY)
    assert (step.to_state, step.outcome, step.voids) == ("closed", "agreement_withdrawn", ("first_contact",))
    assert step.starts == ()


def test_withdrawn_agreement_may_lead_to_a_step_up(standard: CompiledPathway) -> None:
    fields = {"what_family_said": "No", "next_step": "step_up", "urgency": "amber"}
    step = standard.step(at("assessing"), "withdraw_agreement", fields, LEAD, MONDAY)
    assert (step.to_state, step.came_from) == ("step_up_requested", "assessing")
    assert [start.clock.name for start in step.starts] == ["step_up_decision"]


def test_a_pause_needs_a_running_clock_that_may_pause(standard: CompiledPathway) -> None:
    running = clock(standard, "first_contact")
    fields = {"clock": "first_contact", "reason": "Family abroad"}
    step = standard.step(
        at("awaiting_first_contact", clocks=(running,)), "pause_clock", fields, MANAGER, MONDAY
    )
    assert [pause.name for pause in step.pauses] == ["first_contact"]
    paused = running._replace(paused=True, pauses=(Pause(MONDAY, None, "Family abroad"),))
    for facts in (at("awaiting_first_contact"), at("awaiting_first_contact", clocks=(paused,))):
        with pytest.raises(BadFields):
            standard.step(facts, "pause_clock", fields, MANAGER, MONDAY)


def test_a_resumed_clock_moves_by_the_time_it_was_paused(standard: CompiledPathway) -> None:
    running = clock(standard, "first_contact")
    paused = running._replace(paused=True, pauses=(Pause(MONDAY, None, "Family abroad"),))
    facts = at("awaiting_first_contact", clocks=(paused,))
    fields = {"clock": "first_contact", "reason": "Family is back"}
    step = standard.step(facts, "resume_clock", fields, MANAGER, MONDAY + timedelta(days=2))
    assert running.schedule.due_at == datetime(2026, 3, 10, tzinfo=UTC)
    assert step.resumes[0].schedule.due_at == datetime(2026, 3, 12, tzinfo=UTC)
    with pytest.raises(BadFields):
        standard.step(facts, "resume_clock", fields, MANAGER, MONDAY - timedelta(hours=1))
    with pytest.raises(BadFields):
        standard.step(
            at("awaiting_first_contact", clocks=(running,)), "resume_clock", fields, MANAGER, MONDAY
        )


def test_a_case_cannot_be_reopened_after_its_window(standard: CompiledPathway) -> None:
    fields = {"reason": "New worries"}
    closed = at("closed", closed_at=MONDAY, outcome="signposted")
    assert (
        standard.step(closed, "reopen", fields, MANAGER, MONDAY + timedelta(days=365)).to_state == "screening"
    )
    with pytest.raises(GuardRefused, match="record a new contact"):
        standard.step(closed, "reopen", fields, MANAGER, MONDAY + timedelta(days=370))
    with pytest.raises(GuardRefused):
        standard.step(closed._replace(closed_at=None), "reopen", fields, MANAGER, MONDAY)


def test_the_third_closing_below_threshold_needs_a_manager(standard: CompiledPathway) -> None:
    earlier = (MONDAY - timedelta(days=200), MONDAY - timedelta(days=30))
    facts = at("screening", earlier_below_threshold=earlier)
    fields = {"level_of_need": "universal", "rationale": "Needs are met"}
    with pytest.raises(GuardRefused, match="a manager must make this decision"):
        standard.step(facts, "close_no_further_action", fields, SCREENER, MONDAY)
    assert standard.step(facts, "close_no_further_action", fields, MANAGER, MONDAY).final
    long_ago = facts._replace(earlier_below_threshold=(MONDAY - timedelta(days=400), earlier[1]))
    assert standard.step(long_ago, "close_no_further_action", fields, SCREENER, MONDAY).final


def test_what_is_possible_follows_role_state_and_guards(standard: CompiledPathway) -> None:
    assert "accept_for_early_help" in standard.possible(at("screening"), SCREENER, MONDAY)
    assert "accept_for_early_help" not in standard.possible(at("screening"), LEAD, MONDAY)
    assert standard.possible(Facts(state=None), SCREENER, MONDAY) == ("receive_contact", "step_down")
    waiting = at("step_up_requested", came_from="assessing")
    assert "accept_step_up" not in standard.possible(waiting, MANAGER, MONDAY)
    assert "accept_step_up" in standard.possible(waiting, DUTY_MANAGER, MONDAY)


def test_resuming_is_offered_only_for_a_paused_clock(standard: CompiledPathway) -> None:
    running = clock(standard, "first_contact")
    possible = standard.possible(at("awaiting_first_contact", clocks=(running,)), MANAGER, MONDAY)
    assert "pause_clock" in possible
    assert "resume_clock" not in possible


def test_a_dotted_guard_name_is_refused_and_never_imported(standard: CompiledPathway) -> None:
    """transitions imports and calls a dotted string given as a condition; ours never reach it."""
    calls: list[str] = []
    module = types.ModuleType("evilmod")
    module.boom = lambda *_: calls.append("called")  # type: ignore[attr-defined]
    sys.modules["evilmod"] = module
    content = content_of(standard.pathway)
    content["actions"]["reopen"]["guards"] = [{"name": "evilmod.boom"}]
    with pytest.raises(ValidationError):
        load_content(content)
    content["actions"]["reopen"]["guards"] = [{"name": "boom"}]
    assert any("boom" in fault.problem for fault in lint(load_content(content)))
    assert calls == []
    del sys.modules["evilmod"]


def test_no_string_of_a_pathway_is_a_callback_of_the_machine(standard: CompiledPathway) -> None:
    for event in standard.machine.events.values():
        for transitions in event.transitions.values():
            for transition in transitions:
                assert all(callable(condition.func) for condition in transition.conditions)
                assert not (transition.prepare)
                assert not (transition.before)
                assert not (transition.after)


def test_a_pathway_survives_being_kept_as_data(standard: CompiledPathway) -> None:
    kept: Pathway = load_content(content_of(standard.pathway))
    assert kept == standard.pathway
    assert Guard(name="closed_within", months=12).parameters == {"months": 12}
    assert NOWHERE not in kept.states
