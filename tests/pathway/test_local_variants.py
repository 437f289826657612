"""The pathways of four councils: a family goes through what is special about each."""

import random
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.facts import Refused
from earlyhelp.pathway.lint import check
from earlyhelp.pathway.lint.travel import Travel, travel
from earlyhelp.pathway.loading import load
from earlyhelp.pathway.machine import CompiledPathway, compile_pathway
from earlyhelp.places import workflows
from tests.pathway.moments import london
from tests.pathway.walks import HOUR, Walk

FILES = sorted(workflows().glob("*.toml"))
MONDAY, FRIDAY = "2026-03-09 10:00", "2026-03-13 15:00"
TO_ALLOCATION = ["accept_for_early_help", "allocate_lead_professional"]
TO_ASSESSMENT = [*TO_ALLOCATION, "record_first_contact", "submit_assessment"]
TO_PLAN = [*TO_ASSESSMENT, "authorise_assessment"]
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@cache
def engine_of(name: str) -> CompiledPathway:
    """Compiled once: it is shared and never changes."""
    return compile_pathway(load(workflows() / f"{name}.toml"), england())


def named(name: str) -> Pathway:
    return engine_of(name).pathway


def begun(engine: CompiledPathway, at: str = MONDAY, seed: int = 1) -> Walk:
    """A contact that came at that moment."""
    walk = Walk(engine, begun_at=london(at) - HOUR, chance=random.Random(seed))
    walk.take("receive_contact")
    return walk


def after(name: str, *actions: str, at: str = MONDAY) -> Walk:
    """A family on the pathway of that name, after these actions, one an hour."""
    walk = begun(engine_of(name), at)
    for action in actions:
        walk.take(action)
    return walk


def due(walk: Walk, clock: str) -> datetime:
    (found,) = [running for running in walk.facts.clocks if running.name == clock]
    return found.schedule.due_at


def running(walk: Walk) -> set[str]:
    return {clock.name for clock in walk.facts.clocks}


def numbers(pathway: Pathway) -> dict[str, str]:
    return {level.code or level.key: level.number for level in pathway.levels}


@every_file
def test_a_shipped_pathway_is_sound(path: Path) -> None:
    assert check(path) == []


@every_file
def test_the_words_of_a_shipped_pathway_fit_a_button(path: Path) -> None:
    pathway = named(path.stem)
    titles = [state.title for state in pathway.states.values()]
    titles += [action.title for action in pathway.actions.values()]
    titles += [clock.title for clock in pathway.clocks.values()]
    assert [title for title in titles if len(title) > 60 or title.endswith(".")] == []


@every_file
def test_from_wherever_a_case_has_wandered_it_can_be_closed(path: Path) -> None:
    engine = engine_of(path.stem)
    ways = travel(engine.pathway)
    for seed in range(40):
        walk = begun(engine, seed=seed)
        walk.wander(seed)
        for _ in range(200):
            if walk.is_closed:
                break
            go_on(walk, ways)
        assert walk.is_closed, f"still {walk.facts.state} after {walk.path}"


def steps_to_the_end(ways: Travel) -> dict[str, int]:
    """For each state, by how few actions of people it comes to a final one."""
    found = {name: 0 for name, state in ways.pathway.states.items() if state.final}
    while more := {
        str(e.source): found[e.to] + 1
        for e in ways.edges
        if e.to in found and e.source is not None and e.source not in found and ways.by_people(e)
    }:
        found |= more
    return found


def go_on(walk: Walk, ways: Travel) -> None:
    """Take any action that may lead nearer to the end; its answers may lead elsewhere, or be refused."""
    nearer = steps_to_the_end(ways)
    here = nearer[str(walk.facts.state)]
    leading = sorted({e.action for e in ways.edges if e.source == walk.facts.state and nearer[e.to] < here})
    try:
        walk.take(walk.chance.choice(leading))
    except Refused:
        return


class TestWalsallIn2013:
    def test_a_contact_may_be_screened_without_a_time_limit(self) -> None:
        assert running(after("walsall-2013")) == {"assessment_from_contact"}

    def test_the_assessment_is_due_from_the_contact_and_from_allocation(self) -> None:
        walk = begun(engine_of("walsall-2013"))
        walk.now += timedelta(days=2)
        for action in TO_ALLOCATION:
            walk.take(action)
        assert due(walk, "assessment_from_contact") == london("2026-03-31 00:00")
        assert due(walk, "assessment") == london("2026-04-02 00:00")

    def test_both_stop_when_the_plan_begins(self) -> None:
        assert not running(after("walsall-2013", *TO_PLAN)) & {"assessment", "assessment_from_contact"}

    def test_social_care_is_level_3_and_early_help_one_level(self) -> None:
        pathway = named("walsall-2013")
        assert numbers(pathway) == {"universal": "1", "targeted": "2", "specialist": "3"}
        assert pathway.actions["request_step_up"].title == "Step up to Level 3 (social care)"

    def test_a_case_closes_with_one_of_six_end_measures(self) -> None:
        assert len(named("walsall-2013").codes["end_measure"]) == 6
        assert (
            after("walsall-2013", *TO_PLAN).take("close_case", end_measure="moved_away").outcome
            == "moved_away"
        )


class TestWalsallByItsLaterFlowChart:
    def test_the_mast_decides_in_24_hours_round_the_clock(self) -> None:
        assert due(after("walsall", at=FRIDAY), "screening_decision") == london("2026-03-14 15:00")

    def test_the_coordinator_reaches_the_lead_professional_in_3_working_days(self) -> None:
        assert due(after("walsall", "accept_for_early_help"), "allocation") == london("2026-03-13 00:00")

    def test_only_the_clock_from_allocation_is_left_for_assessment_and_plan(self) -> None:
        walk = after("walsall", *TO_ALLOCATION)
        assert due(walk, "assessment") == london("2026-03-31 00:00")
        assert "assessment_from_contact" not in walk.pathway.clocks

    def test_reviews_are_at_most_six_weeks_apart_from_first_to_last(self) -> None:
        walk = after("walsall", *TO_PLAN)
        assert due(walk, "review") == london("2026-04-21 00:00")
        walk.take("record_review", next_review_date="2026-12-01")
        assert due(walk, "review") == london("2026-04-21 00:00")

    def test_social_care_is_level_4(self) -> None:
        assert numbers(named("walsall"))["specialist"] == "4"


class TestWorcestershire:
    def test_the_family_front_door_decides_in_24_hours_also_at_a_weekend(self) -> None:
        walk = after("worcestershire", "start_mash_enquiry", at=FRIDAY)
        assert walk.pathway.term("front_door") == "Family Front Door"
        assert due(walk, "screening_decision") == london("2026-03-14 15:00")

    def test_a_mash_enquiry_hears_health_police_and_education_before_the_decision(self) -> None:
        walk = after("worcestershire", "start_mash_enquiry")
        assert walk.pathway.states[str(walk.facts.state)].kind == "enquiry"
        for agency in ("health", "police", "education"):
            assert walk.take("record_contribution", agency=agency).to_state == "mash_enquiry"
        discussion = walk.take("record_strategy_discussion", took_part=["health", "police", "education"])
        assert discussion.fields["took_part"] == ["health", "police", "education"]
        assert walk.take("refer_to_social_care").to_state == "step_up_requested"

    def test_a_contact_that_social_care_returns_to_the_enquiry_has_a_time_limit_again(self) -> None:
        walk = after("worcestershire", "start_mash_enquiry", "refer_to_social_care", "return_step_up")
        assert walk.facts.state == "mash_enquiry"
        assert "screening_decision" in running(walk)

    @pytest.mark.parametrize(
        ("level", "queue"),
        [("additional", "awaiting_level_2_allocation"), ("targeted", "awaiting_allocation")],
    )
    def test_level_2_and_level_3_wait_for_different_teams(self, level: str, queue: str) -> None:
        walk = after("worcestershire")
        assert walk.take("accept_for_early_help", level_of_need=level).to_state == queue
        assert "allocation" in running(walk)
        assert walk.take("allocate_lead_professional").to_state == "awaiting_first_contact"

    def test_early_help_is_not_accepted_for_nobodys_team(self) -> None:
        with pytest.raises(Refused, match=r"(?i)team"):
            after("worcestershire").take("accept_for_early_help", team=None)

    def test_a_social_work_assessment_has_45_working_days_and_the_case_stays_open(self) -> None:
        walk = after("worcestershire", *TO_PLAN, "request_step_up")
        step = walk.take("accept_step_up", plan_type="assessment")
        assert (step.to_state, step.final) == ("social_work_assessment", False)
        assert due(walk, "social_work_assessment") == london("2026-05-15 00:00")

    def test_what_early_help_timed_ends_without_a_judgement_while_social_care_assesses(self) -> None:
        walk = after("worcestershire", *TO_PLAN, "request_step_up")
        assert {"review", "reassessment", "plan_shared"} <= running(walk)
        step = walk.take("accept_step_up", plan_type="assessment")
        assert {"review", "reassessment", "plan_shared"} <= set(step.voids)
        assert step.stops == ("step_up_decision",)

    def test_after_a_social_work_assessment_early_help_may_go_on(self) -> None:
        walk = after("worcestershire", *TO_PLAN, "request_step_up")
        walk.take("accept_step_up", plan_type="assessment")
        assert (
            walk.take("end_social_work_assessment", next_step="early_help").to_state == "awaiting_allocation"
        )
        assert "allocation" in running(walk)
        assert "social_work_assessment" not in running(walk)

    def test_a_social_work_plan_closes_the_case_as_escalated(self) -> None:
        walk = after("worcestershire", "refer_to_social_care")
        walk.take("accept_step_up", plan_type="assessment")
        assert walk.take("open_social_work_plan", plan_type="CP").outcome == "escalated"

    def test_closing_a_contact_says_what_was_made_of_earlier_ones(self) -> None:
        with pytest.raises(Refused, match="12 months"):
            after("worcestershire").take("close_no_further_action", earlier_contacts="")


class TestHalton:
    def test_its_levels_are_1_2_3a_3b_and_4(self) -> None:
        assert list(numbers(named("halton")).values()) == ["1", "2", "3a", "3b", "4"]
        keys = {level.code: level.key for level in named("halton").levels if level.code}
        assert keys == {"targeted_3a": "targeted", "targeted_3b": "targeted"}

    @pytest.mark.parametrize("level", ["additional", "targeted_3a"])
    def test_a_contact_below_3b_stays_with_the_integrated_working_support_team(self, level: str) -> None:
        walk = after("halton")
        with pytest.raises(Refused, match="needs level 3b or 4"):
            walk.take("refer_to_social_care", level_of_need=level)
        assert walk.take("accept_for_early_help", level_of_need=level).to_state == "awaiting_allocation"

    @pytest.mark.parametrize("level", ["targeted_3b", "specialist"])
    @pytest.mark.parametrize("decision", ["close_no_further_action", "signpost", "accept_for_early_help"])
    def test_3b_and_4_become_referrals(self, level: str, decision: str) -> None:
        walk = after("halton")
        with pytest.raises(Refused, match="3b and 4 become referrals"):
            walk.take(decision, level_of_need=level)
        assert walk.take("refer_to_social_care", level_of_need=level).to_state == "step_up_requested"

    def test_the_assessment_clock_stops_at_the_managers_authorisation(self) -> None:
        assert "assessment" in running(after("halton", *TO_ASSESSMENT))
        assert "assessment" not in running(after("halton", *TO_PLAN))

    def test_before_september_2012_it_stopped_at_completion(self) -> None:
        assert "assessment" not in running(after("halton-2011", *TO_ASSESSMENT))

    def test_its_words_are_in_questions_and_buttons(self) -> None:
        actions = named("halton").actions
        asked = actions["record_review"].field("taf_date")
        assert asked is not None
        assert asked.title == "Date of the team around the family"
        assert actions["accept_for_early_help"].title == "Keep with the integrated working support team"


class TestHerefordshire:
    def test_a_contact_is_screened_on_the_day_it_came(self) -> None:
        assert due(after("herefordshire", at="2026-03-09 15:59"), "screening_decision") == london(
            "2026-03-10 00:00"
        )

    @pytest.mark.parametrize("at", ["2026-03-13 16:00", "2026-03-14 09:00"])
    def test_what_comes_after_the_cut_off_is_screened_on_the_next_working_day(self, at: str) -> None:
        assert due(after("herefordshire", at=at), "screening_decision") == london("2026-03-17 00:00")

    def test_to_have_asked_for_information_is_to_have_screened(self) -> None:
        assert running(after("herefordshire", "request_information")) == {"information"}

    def test_what_came_is_screened_on_the_day_it_came(self) -> None:
        walk = after("herefordshire", "request_information")
        walk.now = london("2026-03-11 11:00")
        walk.take("information_received")
        assert due(walk, "screening_decision") == london("2026-03-12 00:00")

    def test_a_qualified_practitioner_screens(self) -> None:
        pathway = named("herefordshire")
        assert pathway.term("screener") == "qualified practitioner"
        assert pathway.actions["accept_for_early_help"].roles == ["screener"]


class TestFamilyHelp:
    def test_help_goes_on_beside_social_work_and_its_reviews_too(self) -> None:
        walk = after("family_help", *TO_PLAN, "request_step_up")
        step = walk.take("accept_step_up", early_help="goes_on")
        assert (step.to_state, step.final) == ("beside_social_work", False)
        assert "review" in running(walk)
        assert walk.take("record_review").to_state == "beside_social_work"
        assert walk.take("end_social_work").to_state == "plan_in_progress"

    def test_or_a_step_up_ends_it(self) -> None:
        walk = after("family_help", *TO_PLAN, "request_step_up")
        assert walk.take("accept_step_up", early_help="ends").outcome == "escalated"

    def test_a_family_taken_on_before_its_plan_began_has_reviews_from_then_on(self) -> None:
        walk = after("family_help", *TO_ASSESSMENT[:3], "request_step_up")
        walk.take("accept_step_up", early_help="goes_on")
        assert not running(walk) & {"assessment", "first_contact", "allocation"}
        assert "review" in running(walk)

    def test_a_closing_is_asked_for_by_one_and_confirmed_by_another(self) -> None:
        walk = after("family_help", *TO_PLAN)
        assert "close_case" not in walk.possible()
        assert walk.take("ask_to_close").to_state == "closing_requested"
        assert "closing_confirmation" in running(walk)
        assert walk.take("return_closing").to_state == "plan_in_progress"
        walk.take("ask_to_close")
        assert walk.take("close_case", end_measure="moved_away").outcome == "moved_away"


@pytest.mark.parametrize("name", ["walsall", "halton"])
def test_of_two_dated_versions_each_has_its_own_time(name: str) -> None:
    versions = [pathway for path in FILES if (pathway := named(path.stem)).name == name]
    assert len({pathway.version for pathway in versions}) == 2
    older, newer = sorted(versions, key=lambda pathway: pathway.version)
    assert older.effective_from is not None
    assert newer.effective_from is not None
    assert older.effective_from < newer.effective_from
