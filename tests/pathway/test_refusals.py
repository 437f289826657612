"""What the engine refuses to take, and says of it: answers that do not fit, and parts of a file that contradict."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.clocks import Counting, Pause, Schedule, Span, resumed
from earlyhelp.pathway.consequences import rescheduled
from earlyhelp.pathway.definition import Clock, Way
from earlyhelp.pathway.facts import Actor, BadFields, Facts, OpenClock
from earlyhelp.pathway.faults import PathwayError
from earlyhelp.pathway.fields import read_fields
from earlyhelp.pathway.layers import merged
from earlyhelp.pathway.loading import content_of, folder_library, load, load_content, read
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.places import workflows
from tests.pathway.moments import london

CALENDAR = england()
MONDAY = london("2026-03-02 10:00")
STANDARD = load(workflows() / "standard.toml")
ENGINE = compile_pathway(STANDARD, CALENDAR)
MANAGER = Actor(2, frozenset({"manager"}))


def refused(kind: str, value: Any, **more: Any) -> list[str]:
    """What is wrong with an answer to a question of that type."""
    asked = {"name": "asked", "title": "Asked", "type": kind, **more}
    pathway = load_content(merged(content_of(STANDARD), {"actions": {"reopen": {"fields": [asked]}}}))
    answers = {"reason": "r", "asked": value}
    _, errors = read_fields(pathway, pathway.actions["reopen"], answers, MONDAY.date())
    return errors.get("asked", [])


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("date", "1026-03-02", "The year must be between 1900 and 2200"),
        ("date", "2026-02-30", "Must be a date written as 2026-03-31"),
        (
            "moment",
            "1026-03-02T10:00:00+00:00",
            "Must be a date and time written as 2026-03-31T14:30:00+01:00",
        ),
        ("moment", "2026-03-02", "Must be a date and time written as 2026-03-31T14:30:00+01:00"),
        ("moment", "2026-03-02T10:00:00", "Must say its offset from UTC, as in 2026-03-31T14:30:00+01:00"),
        ("services", [7], "Must be a list of codes"),
        ("services", "Club", "Must be a list"),
        ("children", "Wenna", "Must be a list of children"),
    ],
)
def test_an_answer_that_is_no_answer_is_refused_in_words(kind: str, value: Any, words: str) -> None:
    assert refused(kind, value) == [words]


@pytest.mark.parametrize("limits", [{"min": 1}, {"max": 10}, {"min": 1, "max": 10}])
def test_a_score_outside_its_range_is_told_the_range(limits: dict[str, int]) -> None:
    value = 0 if "min" in limits else 11
    words = {1: "1 or more", 10: "10 or less", 11: "a whole number from 1 to 10"}[sum(limits.values())]
    assert refused("score", value, **limits) == [f"Must be {words}"]


@pytest.mark.parametrize(
    ("model", "told", "words"),
    [
        (Way, {"to": "closed"}, "say when this way is taken"),
        (Way, {"to": "closed", "when": "next_step", "while": "review"}, "say when this way is taken"),
        (Way, {"to": "closed", "when": "next_step"}, "belong together"),
        (Clock, {}, "say when it is due"),
        (Clock, {"due": {"weeks": 6}, "due_by": "urgency"}, "say when it is due"),
        (Clock, {"due_by": "urgency"}, "dues must give a span for each value of urgency"),
        (Clock, {"due": {"weeks": 6}, "each": "from_whom", "pausable": True}, "nobody could say which"),
    ],
)
def test_a_part_of_a_file_that_contradicts_itself_is_refused(
    model: type[Way | Clock], told: dict[str, Any], words: str
) -> None:
    clock = {
        "name": "own",
        "title": "Own",
        "kind": "other",
        "starts": ["a"],
        "stops": ["b"],
        "holder": "manager",
    }
    with pytest.raises(ValidationError, match=words):
        model.model_validate({**(clock if model is Clock else {}), **told})


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ('[clocks.review]\nwarn = ["often"]', "must warn before it is due"),
        ('[codes.urgency]\nred = ""', "a code needs a label that people can read"),
        ('[states.Parked]\ntitle = "Parked"\nkind = "screening"', "'Parked' is not a name"),
        ("[clocks.review]\nstops = []", "nothing stops this clock"),
        ("[states.screening]\ncolour = 1", "there is no key 'colour' here"),
        ("[actions.reopen.extra]\nkey = 1", "there is no key 'extra' here"),
        ('[states.screening]\ntitle = ""', "must have words"),
        ("[clocks.review]\ntitle = 7", "must be text"),
    ],
)
def test_what_cannot_be_read_is_said_as_its_owner_would(part: str, problem: str) -> None:
    head = 'extends = "standard"\nname = "own"\ntitle = "Our own"\nversion = "1"\n'
    with pytest.raises(PathwayError) as refusal:
        read(head + part, file="own.toml", library=folder_library(workflows()))
    assert [fault.problem for fault in refusal.value.faults if problem in fault.problem]


def running(name: str, due: datetime, *pauses: Pause) -> OpenClock:
    schedule = Schedule(MONDAY, due)
    open_pause = bool(pauses) and pauses[-1].resumed_at is None
    return OpenClock(name, MONDAY, schedule, Span(working_days=5), paused=open_pause, pauses=pauses)


def asked_of(clock: OpenClock, action: str, at: datetime) -> Any:
    facts = Facts(state="awaiting_first_contact", clocks=(clock,))
    return ENGINE.step(facts, action, {"clock": clock.name, "reason": "family away"}, MANAGER, at)


@pytest.mark.parametrize(
    ("action", "hours", "pauses", "words"),
    [
        ("pause_clock", 1, (Pause(MONDAY, None),), "This clock is paused already"),
        ("pause_clock", 24 * 8, (), "This time limit has passed: a pause would only hide it"),
        ("resume_clock", 1, (), "This clock is not paused"),
        (
            "resume_clock",
            1,
            (Pause(MONDAY + timedelta(hours=2), None),),
            "A clock cannot resume before it was paused",
        ),
        ("pause_clock", -1, (), "A clock cannot be paused before it began, or before it last resumed"),
        (
            "pause_clock",
            3,
            (Pause(MONDAY + timedelta(hours=2), MONDAY + timedelta(hours=4)),),
            "A clock cannot be paused before it began, or before it last resumed",
        ),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused(
    action: str, hours: int, pauses: tuple[Pause, ...], words: str
) -> None:
    clock = running("first_contact", london("2026-03-10 00:00"), *pauses)
    with pytest.raises(BadFields) as refusal:
        asked_of(clock, action, MONDAY + timedelta(hours=hours))
    assert refusal.value.errors == {"clock": [words]}


def test_no_clock_resumes_before_it_was_paused() -> None:
    schedule = Schedule(MONDAY, london("2026-03-10 00:00"))
    with pytest.raises(ValueError, match="before it was paused"):
        resumed(schedule, MONDAY, MONDAY - timedelta(hours=1), Span(days=5), CALENDAR, Counting())


def test_nothing_stops_a_clock_before_it_began() -> None:
    clock = running("first_contact", london("2026-03-10 00:00"))
    facts = Facts(state="awaiting_first_contact", lead_professional=2, clocks=(clock,))
    fields = {"how": "home_visit", "child_seen": True, "childs_voice": "Likes to draw"}
    with pytest.raises(BadFields, match="time limit that it meets"):
        ENGINE.step(facts, "record_first_contact", fields, MANAGER, MONDAY - timedelta(minutes=1))


def test_a_clock_that_is_reckoned_again_keeps_the_days_of_its_pauses() -> None:
    """Five working days from Monday 2 March end with Monday the 9th; Tuesday and Wednesday were paused."""
    away = Pause(london("2026-03-03 12:00"), london("2026-03-05 09:00"))
    still = Pause(london("2026-03-06 12:00"), None)
    found = rescheduled(
        STANDARD.clocks["first_contact"],
        start=MONDAY,
        span=Span(working_days=5),
        pauses=(away, still),
        calendar=CALENDAR,
    )
    assert found.due_at == london("2026-03-12 00:00")


def test_a_step_up_without_its_urgency_is_refused() -> None:
    fields = [{"name": "urgency", "required": False}]
    engine = compile_pathway(
        load_content(merged(content_of(STANDARD), {"actions": {"request_step_up": {"fields": fields}}})),
        CALENDAR,
    )
    told = {"what_changed": "w", "level_of_need": "specialist"}
    with pytest.raises(BadFields) as refusal:
        engine.step(Facts(state="assessing"), "request_step_up", told, MANAGER, MONDAY)
    assert refusal.value.errors == {"urgency": ["Say the urgency: it decides when this is due"]}


def test_an_urgency_without_a_span_leaves_the_running_limit_alone() -> None:
    whole = content_of(STANDARD)
    whole["clocks"]["step_up_decision"]["dues"] = {"green": {"working_days": 3}}
    clock = running("step_up_decision", london("2026-03-06 00:00"))
    facts = Facts(state="step_up_requested", urgency="green", clocks=(clock,))
    step = compile_pathway(load_content(whole), CALENDAR).step(
        facts, "change_urgency", {"urgency": "red", "reason": "r"}, MANAGER, MONDAY
    )
    assert step.moves == ()


def test_the_next_review_cannot_lie_before_the_review() -> None:
    told = {
        "taf_date": "2026-03-02",
        "attended": ["family"],
        "progress": "p",
        "next_review_date": "2026-03-01",
    }
    scores = dict.fromkeys(
        ("score_childs_development", "score_parenting_capacity", "score_family_and_environment"), 5
    )
    lead = Actor(1, frozenset({"lead_professional"}))
    facts = Facts(state="plan_in_progress", lead_professional=1)
    with pytest.raises(BadFields) as refusal:
        ENGINE.step(facts, "record_review", told | scores, lead, MONDAY)
    assert list(refusal.value.errors) == ["next_review_date"]
    assert ENGINE.step(
        facts, "record_review", told | scores | {"next_review_date": "2026-03-02"}, lead, MONDAY
    )
