"""A case walked under another file: when its clocks would have been due, and what would have been refused.

Every date is reckoned by hand from a calendar: 2 March 2026 is a Monday, and no holiday falls before Good Friday on
3 April. A span of days ends at midnight, so `ends` names the last day that is still in time.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.layers import merged
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.pathway.past_actions import Happened
from earlyhelp.pathway.replay import Replayer, Run, Walked
from earlyhelp.places import workflows
from tests.pathway.moments import london

MONDAY = "2026-03-02 10:00"
CONTACT = {"source": "2A", "channel": "telephone", "worries": "w", "strengths": "s", "agreement": "given"}
ACCEPTED = {"level_of_need": "targeted", "rationale": "r", "agreement": "given"}
SEEN = {"how": "home_visit", "child_seen": True, "childs_voice": "Likes to draw"}
ASSESSED = dict.fromkeys(
    ("childs_development", "parenting_capacity", "family_and_environment", "strengths", "childs_voice"), "a"
) | {"needs": [], "parents_views": "p", "proposed_plan": "q"}
SCORES = dict.fromkeys(
    ("score_childs_development", "score_parenting_capacity", "score_family_and_environment"), 5
)
STATES = {
    "receive_contact": "screening",
    "accept_for_early_help": "awaiting_allocation",
    "allocate_lead_professional": "awaiting_first_contact",
    "record_first_contact": "assessing",
    "submit_assessment": "awaiting_authorisation",
    "authorise_assessment": "plan_in_progress",
    "close_with_advice": "closed",
    "signpost": "closed",
    "close_case": "closed",
    "reopen": "screening",
    "request_information": "gathering_information",
    "request_step_up": "step_up_requested",
    "withdraw_agreement": "closed",
    "return_step_up": "plan_in_progress",
}


@cache
def standard() -> Mapping[str, Any]:
    return content_of(load(workflows() / "standard.toml"))


def under(*, without: str = "", **changes: Any) -> Replayer:
    """The standard file with these changes to a clock or an action, or without an action, as another version."""
    content = {**standard(), "version": "2"}
    for name, change in changes.items():
        part = "clocks" if name in content["clocks"] else "actions"
        whole = {**content[part][name], **change}
        content[part] = {
            **content[part],
            name: {key: told for key, told in whole.items() if told is not None},
        }
    content["actions"] = {name: told for name, told in content["actions"].items() if name != without}
    return Replayer(compile_pathway(load_content(content), england()))


@pytest.fixture(scope="module")
def as_it_was() -> Replayer:
    return under()


class Story:
    """What happened to one case, as its events tell it."""

    def __init__(self) -> None:
        self.events: list[Happened] = []
        self.state: str | None = None

    def then(self, action: str, at: str = MONDAY, role: str = "manager", **fields: Any) -> "Story":
        to_state = fields.pop("to_state", STATES.get(action, self.state))
        kind = standard()["actions"].get(action, {"kind": action})["kind"]
        actor = {"lead_professional": 1, "manager": 2}.get(role, 3)
        moment = london(at)
        on = datetime.fromisoformat(at).date()
        self.events.append(
            Happened(action, kind, self.state, to_state, moment, on, role, 7, fields, actor, lead_after=1)
        )
        self.state = to_state
        return self

    def under(self, replayer: Replayer) -> Walked:
        return replayer.walk(self.events)


def contact(at: str = MONDAY, **more: Any) -> Story:
    return Story().then("receive_contact", at, "screener", **CONTACT | more)


def allocated() -> Story:
    story = contact().then("accept_for_early_help", MONDAY, "screener", **ACCEPTED)
    return story.then("allocate_lead_professional", MONDAY, lead_professional="lead@example.org")


def planned() -> Story:
    story = allocated().then("record_first_contact", MONDAY, "lead_professional", **SEEN)
    story.then("submit_assessment", MONDAY, "lead_professional", **ASSESSED | SCORES)
    return story.then("authorise_assessment", MONDAY, comment="c")


def stepping_up(urgency: str = "green", **more: Any) -> Story:
    fields = {"what_changed": "w", "level_of_need": "specialist", "urgency": urgency}
    return planned().then("request_step_up", MONDAY, "lead_professional", **fields | more)


def run_of(walked: Walked, clock: str) -> Run:
    (found,) = [run for run in walked.runs if run.clock == clock]
    return found


def ends(day: str) -> datetime:
    """The midnight that ends the day, on the clock on the wall."""
    return london(f"{date.fromisoformat(day) + timedelta(days=1)} 00:00")


def due(walked: Walked, clock: str) -> datetime:
    return run_of(walked, clock).due_at


def paused(story: Story, clock: str, since: str, until: str | None = None) -> Story:
    story.then("pause_clock", since, clock=clock, reason="family away")
    return story.then("resume_clock", until, clock=clock, reason="home again") if until else story


def test_a_case_that_went_by_the_file_is_refused_nothing(as_it_was: Replayer) -> None:
    story = stepping_up().then("return_step_up", "2026-03-03 10:00", rationale="r")
    story.then("record_plan_shared", "2026-03-04 10:00", how="meeting")
    assert story.under(as_it_was).refused == []


class TestPauses:
    """First contact: five working days from Monday 2 March, so to the end of Monday the 9th."""

    def test_a_clock_that_was_paused_has_the_days_it_was_paused_added(self, as_it_was: Replayer) -> None:
        away = paused(allocated(), "first_contact", "2026-03-04 12:00", "2026-03-09 09:00")
        assert due(allocated().under(as_it_was), "first_contact") == ends("2026-03-09")
        assert due(away.under(as_it_was), "first_contact") == ends("2026-03-12")  # Wed, Thu and Fri ended

    def test_a_second_pause_adds_its_own_days(self, as_it_was: Replayer) -> None:
        away = paused(allocated(), "first_contact", "2026-03-04 12:00", "2026-03-05 09:00")
        paused(away, "first_contact", "2026-03-06 12:00", "2026-03-10 09:00")  # Friday and Monday ended
        assert due(away.under(as_it_was), "first_contact") == ends("2026-03-12")

    def test_a_clock_stopped_while_paused_is_judged_with_the_days_up_to_then(
        self, as_it_was: Replayer
    ) -> None:
        away = paused(allocated(), "first_contact", "2026-03-04 12:00")
        away.then("record_first_contact", "2026-03-10 11:00", "lead_professional", **SEEN)
        run = run_of(away.under(as_it_was), "first_contact")
        assert (run.due_at, run.ended_at) == (ends("2026-03-13"), london("2026-03-10 11:00"))

    def test_a_pause_does_not_hide_a_limit_that_had_passed_by_then(self) -> None:
        away = paused(allocated(), "first_contact", "2026-03-05 12:00")
        run = run_of(away.under(under(first_contact={"due": {"working_days": 2}})), "first_contact")
        assert (run.due_at, run.paused_at, run.ended_at) == (ends("2026-03-04"), None, None)

    def test_a_clock_that_cannot_be_paused_there_runs_on(self) -> None:
        away = paused(allocated(), "first_contact", "2026-03-04 12:00", "2026-03-09 09:00")
        walked = away.under(under(first_contact={"pausable": False}))
        assert due(walked, "first_contact") == ends("2026-03-09")


class TestUrgency:
    """The answer to a step up: green three working days, amber one, red four hours."""

    def test_a_change_counts_anew_from_the_first_start(self, as_it_was: Replayer) -> None:
        story = stepping_up()
        assert due(story.under(as_it_was), "step_up_decision") == ends("2026-03-05")
        story.then("change_urgency", "2026-03-02 15:00", urgency="amber", reason="r")
        assert due(story.under(as_it_was), "step_up_decision") == ends("2026-03-03")
        story.then("change_urgency", "2026-03-02 16:00", urgency="red", reason="r")
        assert due(story.under(as_it_was), "step_up_decision") == london("2026-03-02 14:00")

    def test_the_days_of_a_pause_before_it_are_not_lost(self) -> None:
        story = paused(stepping_up(), "step_up_decision", "2026-03-03 12:00", "2026-03-05 09:00")
        pausable = under(step_up_decision={"pausable": True})
        assert due(story.under(pausable), "step_up_decision") == ends("2026-03-09")
        story.then("change_urgency", "2026-03-05 10:00", urgency="amber", reason="r")
        assert due(story.under(pausable), "step_up_decision") == ends("2026-03-05")

    def test_one_that_the_file_has_no_span_for_leaves_the_limit_as_it_was(self) -> None:
        fewer = under(step_up_decision={"dues": {"green": {"working_days": 3}}})
        story = stepping_up().then("change_urgency", "2026-03-02 15:00", urgency="amber", reason="r")
        assert due(story.under(fewer), "step_up_decision") == ends("2026-03-05")

    def test_a_clock_that_none_decides_stays(self, as_it_was: Replayer) -> None:
        story = stepping_up().then("change_urgency", "2026-03-02 15:00", urgency="red", reason="r")
        assert due(story.under(as_it_was), "plan_shared") == ends("2026-03-09")

    def test_where_it_decides_and_was_never_told_no_clock_starts_and_that_is_said(self) -> None:
        by_urgency = {"due": None, "due_by": "urgency", "dues": {"red": {"hours": 1}}}
        walked = contact().under(under(screening_decision=by_urgency))
        assert walked.runs == []
        assert [(refused.action, refused.why) for refused in walked.refused] == [
            ("receive_contact", "the urgency decides when this is due, and is not told")
        ]

    def test_a_level_may_decide_as_well(self) -> None:
        by_level = {
            "due": None,
            "due_by": "level_of_need",
            "dues": {"targeted": {"working_days": 15}, "specialist": {"working_days": 5}},
        }
        replayer = under(reassessment=by_level)
        assert due(planned().under(replayer), "reassessment") == ends("2026-03-23")
        assert due(stepping_up().under(replayer), "reassessment") == ends("2026-03-09")


class TestDueMoments:
    """What brings a due moment forward or back on the same day."""

    @pytest.mark.parametrize(("agreed", "last"), [("2026-03-20", "2026-03-20"), ("2026-09-01", "2026-06-02")])
    def test_a_review_is_due_on_the_date_agreed_or_sooner(
        self, as_it_was: Replayer, agreed: str, last: str
    ) -> None:
        fields = {"taf_date": "2026-03-02", "attended": [], "progress": "p", "next_review_date": agreed}
        story = planned().then("record_review", MONDAY, "lead_professional", **fields | SCORES)
        first, second = (run for run in story.under(as_it_was).runs if run.clock == "review")
        assert (first.due_at, first.ended_at) == (ends("2026-04-13"), london(MONDAY))  # six weeks, met
        assert second.due_at == ends(last)  # three months, or the date

    def test_a_date_agreed_holds_where_the_same_action_says_the_urgency(self) -> None:
        sooner = under(step_up_decision={"or_sooner": "decide_by"})
        assert due(stepping_up(decide_by="2026-03-03").under(sooner), "step_up_decision") == ends(
            "2026-03-03"
        )

    def test_what_comes_after_the_cut_off_counts_from_the_next_day(self) -> None:
        replayer = under(screening_decision={"cut_off": "16:00"})
        early, late = (contact(f"2026-03-02 {time}").under(replayer) for time in ("15:59", "16:00"))
        assert due(early, "screening_decision") == ends("2026-03-03")
        assert due(late, "screening_decision") == ends("2026-03-04")

    def test_what_comes_after_closing_is_due_the_next_day_at_closing(self) -> None:
        replayer = under(screening_decision={"due": {"working_days": 0}, "until": "close_of_business"})
        early, late = (contact(f"2026-03-02 {time}").under(replayer) for time in ("10:00", "18:00"))
        assert due(early, "screening_decision") == london("2026-03-02 17:00")
        assert due(late, "screening_decision") == london("2026-03-03 17:00")

    def test_hours_run_from_the_minute(self, as_it_was: Replayer) -> None:
        walked = contact("2026-03-29 00:30", urgency="red").under(as_it_was)
        assert due(walked, "risk_now") == london("2026-03-29 02:30")  # at one the clocks go forward

    def test_office_hours_go_on_the_next_morning(self) -> None:
        replayer = under(screening_decision={"due": {"working_hours": 4}})
        assert due(contact("2026-03-06 15:00").under(replayer), "screening_decision") == london(
            "2026-03-09 11:00"
        )


class TestWhereTheCaseGoes:
    """The walk follows the other file, and what happened where that file would have refused."""

    def test_an_agency_that_answers_ends_its_own_clock_alone(self, as_it_was: Replayer) -> None:
        story = contact().then(
            "request_information", MONDAY, "screener", from_whom="The school; Dr Hale", what="w"
        )
        answered = "2026-03-03 09:00"
        story.then("information_received", answered, "screener", from_whom="the  School", what_came="w")
        asked = [run for run in story.under(as_it_was).runs if run.clock == "information"]
        assert [run.ended_at for run in asked] == [london(answered), None]
        assert {run.due_at for run in asked} == {ends("2026-03-05")}
        story.then("information_received", "2026-03-04 09:00", "screener", what_came="w")
        story.then("close_with_advice", "2026-03-04 10:00", "screener", **closing())
        walked = story.under(as_it_was)
        assert [run.ended_at for run in walked.runs if run.clock == "information"] == [
            london(answered),
            london("2026-03-04 09:00"),
        ]
        assert walked.refused == []

    def test_a_check_on_a_signposted_family_comes_to_nothing_when_it_is_reopened(
        self, as_it_was: Replayer
    ) -> None:
        story = contact().then("signpost", MONDAY, "screener", **signposting())
        assert due(story.under(as_it_was), "signpost_check") == ends("2026-03-30")
        story.then("reopen", "2026-03-10 10:00", reason="r")
        walked = story.under(as_it_was)
        assert "signpost_check" not in {run.clock for run in walked.runs}
        screening = [run for run in walked.runs if run.clock == "screening_decision"]
        assert [run.due_at for run in screening] == [ends("2026-03-03"), ends("2026-03-11")]

    def test_a_returned_step_up_goes_back_to_where_it_came_from(self, as_it_was: Replayer) -> None:
        story = stepping_up().then("return_step_up", "2026-03-03 10:00", rationale="r")
        story.then("record_plan_shared", "2026-03-04 10:00", how="meeting")
        walked = story.under(as_it_was)
        assert walked.refused == []
        assert run_of(walked, "plan_shared").ended_at == london("2026-03-04 10:00")

    def test_an_action_that_is_not_there_leaves_the_case_where_it_went(self) -> None:
        story = contact().then("close_with_advice", MONDAY, "screener", **closing())
        story.then("reopen", "2026-09-01 10:00", reason="r")
        walked = story.under(under(without="close_with_advice"))
        assert [(refused.action, refused.why) for refused in walked.refused] == [
            ("close_with_advice", "there is no such action")
        ]
        # The contact was closed: nothing there could stop its screening clock, so it was not breached either.
        assert [run.due_at for run in walked.runs if run.clock] == [ends("2026-09-02")]

    def test_what_follows_an_action_that_is_not_there_is_judged_from_where_it_went(self) -> None:
        story = contact().then("request_information", MONDAY, "screener", from_whom="School", what="w")
        story.then("accept_for_early_help", "2026-03-03 10:00", "screener", **ACCEPTED)
        walked = story.under(under(without="request_information"))
        assert [refused.action for refused in walked.refused] == ["request_information"]
        assert run_of(walked, "screening_decision").ended_at == london("2026-03-03 10:00")

    def test_an_action_that_is_not_there_and_went_where_no_such_state_is(self, as_it_was: Replayer) -> None:
        story = contact().then("sent_to_hub", MONDAY, "screener", to_state="hub")
        story.then("accept_for_early_help", MONDAY, "screener", **ACCEPTED)
        assert [refused.action for refused in story.under(as_it_was).refused] == ["sent_to_hub"]

    def test_a_case_moved_to_another_pathway_goes_on_from_there(self, as_it_was: Replayer) -> None:
        story = contact().then("pathway_moved", MONDAY, to_state="awaiting_allocation")
        story.then("allocate_lead_professional", MONDAY, lead_professional="lead@example.org")
        walked = story.under(as_it_was)
        assert walked.refused == []
        assert due(walked, "first_contact") == ends("2026-03-09")

    def test_a_correction_is_no_step_of_its_own(self, as_it_was: Replayer) -> None:
        story = allocated().then("correct_event", "2026-03-03 10:00", event=1, reason="r")
        assert story.under(as_it_was) == allocated().under(as_it_was)


class TestWhatWouldHaveBeenRefused:
    """In the other file's own words."""

    def test_from_a_state_where_it_is_not_possible(self) -> None:
        replayer = under(record_first_contact={"from": ["assessing"]})
        story = allocated().then("record_first_contact", MONDAY, "lead_professional", **SEEN)
        (refused,) = story.under(replayer).refused
        assert refused.why == "not possible from: Awaiting first contact"

    def test_of_a_case_that_nothing_has_opened(self, as_it_was: Replayer) -> None:
        story = Story().then("accept_for_early_help", MONDAY, "screener", **ACCEPTED)
        (refused,) = story.under(as_it_was).refused
        assert refused.why == "not possible from: a case that does not exist"

    def test_without_an_answer_that_the_file_requires(self) -> None:
        fields = [{**asked, "required": True} for asked in standard()["actions"]["receive_contact"]["fields"]]
        (refused,) = (
            contact(presenting_needs=[], agreement_note="n", sharing_basis="consent")
            .under(under(receive_contact={"fields": fields}))
            .refused
        )
        assert refused.why == "needs an answer to: Is it urgent?"

    def test_with_an_answer_that_was_not_to_be_given_on_that_day_any_more(self) -> None:
        content = merged(standard(), {"codes": {"how_contacted": {"home_visit": {"valid_to": "2026-03-01"}}}})
        replayer = Replayer(compile_pathway(load_content(dict(content)), england()))
        story = allocated().then("record_first_contact", MONDAY, "lead_professional", **SEEN)
        (refused,) = story.under(replayer).refused
        assert refused.why == "no such answer to: How was the family reached?"

    def test_without_agreement_once_the_family_has_withdrawn_it(self) -> None:
        guards = {"guards": [{"name": "agreement_given"}]}
        replayer = under(allocate_lead_professional=guards, return_step_up={"to": "awaiting_allocation"})
        story = allocated().then(
            "withdraw_agreement", MONDAY, next_step="step_up", urgency="red", to_state="step_up_requested"
        )
        story.then("return_step_up", MONDAY, rationale="r", to_state="awaiting_allocation")
        story.then("allocate_lead_professional", MONDAY, lead_professional="lead@example.org")
        assert [refused.action for refused in story.under(replayer).refused if "agree" in refused.why] == [
            "allocate_lead_professional"
        ]

    def test_by_the_author_of_the_assessment(self, as_it_was: Replayer) -> None:
        story = planned()
        *_, author, manager = story.events
        assert author.actor_id != manager.actor_id
        story.events[-2:] = [replace(author, actor_id=manager.actor_id), manager]
        assert [refused.action for refused in story.under(as_it_was).refused] == ["authorise_assessment"]

    def test_reopened_more_than_a_year_after_it_was_closed(self, as_it_was: Replayer) -> None:
        story = contact().then("close_with_advice", MONDAY, "screener", **closing())
        assert story.then("reopen", "2027-03-01 10:00", reason="r").under(as_it_was).refused == []
        story = contact().then("close_with_advice", MONDAY, "screener", **closing())
        (refused,) = story.then("reopen", "2027-03-03 10:00", reason="r").under(as_it_was).refused
        assert refused.action == "reopen"


def closing() -> dict[str, Any]:
    return {"level_of_need": "universal", "rationale": "r", "advice": "a"}


def signposting() -> dict[str, Any]:
    return {"level_of_need": "universal", "rationale": "r", "services": ["Club"], "family_agreed": True}
