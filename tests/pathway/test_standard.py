"""The standard pathway says what the service agreed: every state, action and time limit, and no case gets stuck."""

import random

import pytest
from hypothesis import given, settings, strategies as st

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.definition import Before, Pathway
from earlyhelp.pathway.facts import Refused
from earlyhelp.pathway.lint.travel import travel
from earlyhelp.pathway.loading import load
from earlyhelp.pathway.machine import CompiledPathway, compile_pathway
from earlyhelp.places import workflows
from tests.pathway.moments import london
from tests.pathway.walks import Walk

FRONT_DOOR = {"screening", "gathering_information"}
HELPING = {"awaiting_first_contact", "assessing", "awaiting_authorisation", "plan_in_progress"}
EARLY_HELP = {"awaiting_allocation"} | HELPING
OPEN = FRONT_DOOR | EARLY_HELP | {"step_up_requested"}

# action: from, to, who besides, what must be recorded
ACTIONS = {
    "receive_contact": (set(), "screening", {"screener", "partner", "public"}, "source channel children worries"),
    "step_down": (set(), "awaiting_allocation", {"manager", "screener"}, "plan_ended handover_on still_needs"),
    "request_information": (FRONT_DOOR, "gathering_information", {"screener"}, "from_whom what"),
    "information_received": ({"gathering_information"}, "screening", {"screener"}, "what_came"),
    "close_no_further_action": (FRONT_DOOR, "closed", {"screener"}, "level_of_need rationale"),
    "close_with_advice": (FRONT_DOOR, "closed", {"screener"}, "level_of_need rationale advice"),
    "signpost": (FRONT_DOOR, "closed", {"screener"}, "level_of_need rationale services family_agreed"),
    "close_agreement_refused": (
        {"screening", "awaiting_allocation"}, "closed", {"screener", "manager"}, "rationale",
    ),
    "refer_to_social_care": (
        FRONT_DOOR, "step_up_requested", {"screener"}, "level_of_need rationale urgency agreement",
    ),
    "accept_for_early_help": (
        FRONT_DOOR, "awaiting_allocation", {"screener"}, "level_of_need rationale agreement",
    ),
    "allocate_lead_professional": (
        {"awaiting_allocation"}, "awaiting_first_contact", {"manager", "screener"}, "lead_professional",
    ),
    "change_lead_professional": (
        HELPING | {"step_up_requested"}, "same", {"manager"}, "lead_professional reason",
    ),
    "record_first_contact": (
        {"awaiting_first_contact"}, "assessing", {"lead_professional", "manager"}, "how child_seen childs_voice",
    ),
    "record_contact_attempt": ({"awaiting_first_contact"}, "same", {"lead_professional"}, "how outcome"),
    "submit_assessment": (
        {"assessing"}, "awaiting_authorisation", {"lead_professional"},
        "strengths needs childs_voice parents_views proposed_plan",
    ),
    "authorise_assessment": ({"awaiting_authorisation"}, "plan_in_progress", {"manager"}, "comment"),
    "return_assessment": ({"awaiting_authorisation"}, "assessing", {"manager"}, "comment"),
    "record_review": ({"plan_in_progress"}, "same", {"lead_professional"}, "taf_date attended progress"),
    "request_step_up": (
        EARLY_HELP, "step_up_requested", {"lead_professional", "manager"}, "what_changed level_of_need urgency",
    ),
    "accept_step_up": ({"step_up_requested"}, "closed", {"manager"}, "rationale plan_type"),
    "return_step_up": ({"step_up_requested"}, "back", {"manager"}, "rationale"),
    "close_case": (
        HELPING - {"awaiting_first_contact"}, "closed", {"lead_professional", "manager"}, "end_measure achieved",
    ),
    "reopen": ({"closed"}, "screening", {"manager"}, "reason"),
    "answer_referrer": (
        EARLY_HELP | {"step_up_requested", "closed"}, "same", {"screener", "lead_professional"}, "told_what how",
    ),
    "record_service_reached": ({"closed"}, "same", {"screener"}, "services"),
    "pause_clock": (OPEN, "same", {"manager"}, "clock reason"),
    "resume_clock": (OPEN, "same", {"manager"}, "clock reason"),
    "withdraw_agreement": (EARLY_HELP, "closed", {"lead_professional", "manager"}, "what_family_said"),
    "join_contact": ({"screening"}, "closed", {"screener"}, "case_reference"),
}  # fmt: skip

# clock: due, when it warns, who hears of the breach, rungs of the ladder
CLOCKS = {
    "screening_decision": ("1 working day", ["50%", "80%"], ["screening_manager"], []),
    "risk_now": ("1 hour", ["50%"], ["screening_manager", "service_manager"], []),
    "information": ("3 working days", ["80%"], ["screening_manager"], []),
    "allocation": ("5 working days", ["80%"], ["manager"], ["3 working days"]),
    "first_contact": ("5 working days", ["60%", "80%"], ["lead_professional", "manager"], ["2 working days"]),
    "assessment": ("15 working days", ["60%", "80%"], ["lead_professional", "manager"], ["5 working days"]),
    "authorisation": ("2 working days", ["50%"], ["service_manager"], []),
    "review": ("6 weeks", ["80%"], ["manager"], []),
    "reassessment": ("12 months", ["1 month before"], ["manager"], []),
    "referrer_answer": ("3 working days", [], ["manager", "screener"], []),
    "signpost_check": ("20 working days", [], ["screening_manager"], []),
    "plan_shared": ("5 working days", [], ["lead_professional"], []),
    "step_up_decision": (None, ["50%"], ["service_manager", "social_care_manager"], []),
}


@pytest.fixture(scope="module")
def standard() -> Pathway:
    return load(workflows() / "standard.toml")


@pytest.fixture(scope="module")
def compiled(standard: Pathway) -> CompiledPathway:
    return compile_pathway(standard, england())


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_the_one_that_was_agreed(standard: Pathway, name: str) -> None:
    sources, to, roles, recorded = ACTIONS[name]
    action = standard.actions[name]
    assert (set(action.sources), action.to) == (sources, to)
    assert roles <= set(action.roles)
    assert set(recorded.split()) <= {field.name for field in action.fields if field.required is True}


@pytest.mark.parametrize("name", CLOCKS)
def test_a_time_limit_is_the_one_that_was_agreed(standard: Pathway, name: str) -> None:
    due, warnings, breach, rungs = CLOCKS[name]
    clock = standard.clocks[name]
    assert (str(clock.due) if clock.due else None) == due
    assert [f"{w.before} before" if isinstance(w, Before) else w for w in clock.warn] == warnings
    assert clock.breach.to == breach
    assert [(str(rung.after), rung.to) for rung in clock.escalate] == [
        (rung, ["service_manager"]) for rung in rungs
    ]


def test_there_is_no_time_limit_that_was_not_agreed(standard: Pathway) -> None:
    assert set(standard.clocks) == set(CLOCKS)


def test_a_step_up_is_due_by_its_urgency(standard: Pathway) -> None:
    dues = {code: str(span) for code, span in standard.clocks["step_up_decision"].dues.items()}
    assert dues == {"red": "4 hours", "amber": "1 working day", "green": "3 working days"}


def test_early_help_needs_the_familys_agreement(compiled: CompiledPathway) -> None:
    walk = begun(compiled)
    with pytest.raises(Refused, match="agreement"):
        walk.take("accept_for_early_help", agreement="refused")


def test_a_family_goes_the_whole_way(compiled: CompiledPathway) -> None:
    walk = begun(compiled)
    for name in [
        "accept_for_early_help", "allocate_lead_professional", "record_first_contact", "submit_assessment",
        "authorise_assessment", "record_review", "record_plan_shared",
    ]:  # fmt: skip
        walk.take(name)
    closing = walk.take("close_case", end_measure="outcomes_achieved")
    assert (closing.to_state, closing.outcome) == ("closed", "outcomes_achieved")
    assert {clock.name for clock in walk.facts.clocks} <= {"referrer_answer"}


@pytest.mark.parametrize(
    ("before", "outcome"),
    [
        (["refer_to_social_care"], "referred_to_social_care"),
        (["accept_for_early_help", "request_step_up"], "escalated"),
    ],
)
def test_a_step_up_closes_by_where_it_came_from(
    compiled: CompiledPathway, before: list[str], outcome: str
) -> None:
    walk = begun(compiled)
    for name in before:
        walk.take(name)
    assert walk.take("accept_step_up").outcome == outcome


def test_a_contact_that_social_care_returns_has_a_time_limit_again(compiled: CompiledPathway) -> None:
    walk = begun(compiled)
    walk.take("refer_to_social_care")
    assert walk.take("return_step_up").to_state == "screening"
    assert "screening_decision" in {clock.name for clock in walk.facts.clocks}


def test_every_state_is_reached_and_reaches_the_end(standard: Pathway) -> None:
    ways = travel(standard)
    assert ways.reached == ways.reaching_an_end == set(standard.states)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), steps=st.integers(0, 40))
def test_from_wherever_a_case_has_wandered_it_can_be_closed(
    compiled: CompiledPathway, seed: int, steps: int
) -> None:
    walk = begun(compiled, seed)
    walk.wander(steps)
    for _ in range(12):
        if walk.is_closed:
            return
        walk.take(WAY_OUT[str(walk.facts.state)])
    raise AssertionError(f"still {walk.facts.state} after {walk.path}")


WAY_OUT = {
    "screening": "close_agreement_refused",
    "gathering_information": "close_no_further_action",
    "awaiting_allocation": "close_agreement_refused",
    "awaiting_first_contact": "withdraw_agreement",
    "assessing": "close_case",
    "awaiting_authorisation": "close_case",
    "plan_in_progress": "close_case",
    "step_up_requested": "accept_step_up",
}


def test_no_clock_is_left_running_that_nothing_could_stop(compiled: CompiledPathway) -> None:
    """After closing, only what is still to be done about a closed case has a time limit."""
    for seed in range(60):
        walk = begun(compiled, seed)
        walk.wander(25)
        if walk.is_closed:
            left = {clock.name for clock in walk.facts.clocks}
            assert left <= {"referrer_answer", "signpost_check"}, walk.path


def begun(engine: CompiledPathway, seed: int = 1) -> Walk:
    walk = Walk(engine, begun_at=london("2026-03-10 10:00"), chance=random.Random(seed))
    walk.take("receive_contact")
    return walk


def test_words_fit_a_button(standard: Pathway) -> None:
    """A title is read at 16:55 on a Friday: short, and no full stop."""
    titles = [
        part.title
        for table in (standard.states, standard.actions, standard.clocks)
        for part in table.values()
    ]
    assert [title for title in titles if len(title) > 60 or title.endswith(".")] == []
