"""Early help from acceptance to closing: allocation, first contact, assessment, plan, reviews, an ending."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from earlyhelp.permissions import Person
from earlyhelp.simulation.data import drawn
from earlyhelp.simulation.detours import (
    corrected,
    handed_over,
    paused,
    stepped_up,
    withdrawn,
)
from earlyhelp.simulation.drafting import drafted
from earlyhelp.simulation.plans import begin_plan, met
from earlyhelp.simulation.town import CaseInHand, Journey

DOMAINS = ("childs_development", "parenting_capacity", "family_and_environment")
FIRST_CONTACT_DAYS = (6, 14, 18, 20, 18, 14, 5, 3, 2)
DAYS_TO_TYPE = (62, 20, 9, 5, 3, 1)
"""Most write up on the day; some days later, as facts that were true already (domain.md section 4, rule 4)."""
ASSESSMENT_DAYS = (2, 3, 5, 8, 12, 16, 16, 12, 9, 7, 4, 3, 2, 1)
"""From the eighth working day after the first contact was due."""
ENDINGS: Mapping[str, float] = {
    "outcomes_achieved": 66,
    "disengaged": 14,
    "referred_on": 10,
    "moved_away": 8,
    "escalated": 1.5,
    "died_or_exceptional": 0.5,
}


def helped(case: CaseInHand) -> Journey:
    """The whole way of a family that early help works with. It may leave the way early, by step up or withdrawal."""
    yield from _allocated(case)
    for part in (_reached, _assessed, _planned):
        yield from part(case)
        if not case.is_open:
            return


def _allocated(case: CaseInHand) -> Journey:
    yield case.days_of_work_later(8, 18, 24, 20, 14, 8, 4, 2, 1, 1)
    assert case.team is not None
    case.lead = case.town.staff.lead(case.dice, case.team)
    case.act("allocate_lead_professional", case.manager, lead_professional=case.lead.email)


def _reached(case: CaseInHand) -> Journey:
    """The family is reached, mostly in time, and often written up later."""
    if case.chance(0.04):
        yield from withdrawn(case)
        if not case.is_open:
            return
    happened_at = case.days_of_work_later(*FIRST_CONTACT_DAYS)
    if case.chance(0.3):
        yield from _tried(case, before=happened_at)
    yield _typed_at(case, happened_at)
    done = case.record(
        "record_first_contact",
        _lead(case),
        happened_at,
        how=drawn(case.dice, {"home_visit": 68, "school_or_setting": 20, "phone": 12}),
        child_seen=case.chance(0.88),
        childs_voice=case.say("childs_voice"),
    )
    if case.chance(0.08):
        case.town.begin(corrected(case, done.version, happened_at))


def _tried(case: CaseInHand, *, before: datetime) -> Journey:
    tried_at = case.town.hours.soon(case.town.now, case.dice, within=timedelta(hours=9))
    if tried_at < before:
        yield tried_at
        outcome = drawn(case.dice, {"no_answer": 55, "not_at_home": 25, "rearranged": 20})
        case.act("record_contact_attempt", _lead(case), how="phone", outcome=outcome)


def _assessed(case: CaseInHand) -> Journey:
    """The assessment is made, sometimes returned, and authorised."""
    if case.chance(0.06):
        yield from paused(case, "assessment")
    if case.chance(0.04):
        yield from stepped_up(case)
        if not case.is_open:
            return
    case.town.begin(drafted(case))
    yield case.days_later(*ASSESSMENT_DAYS)
    _submit(case)
    yield case.days_of_work_later(18, 38, 24, 10, 5, 3, 2)
    while case.chance(0.12):
        case.act("return_assessment", case.manager, comment=case.say("returned"))
        yield case.days_later(10, 30, 30, 20, 10)
        _submit(case)
        yield case.days_later(30, 45, 20, 5)
    case.act("authorise_assessment", case.manager, comment=case.say("authorised"))


def _submit(case: CaseInHand) -> None:
    case.scores = case.scores or {domain: case.dice.choice((2, 3, 3, 4, 4, 5, 6)) for domain in DOMAINS}
    case.act(
        "submit_assessment",
        _lead(case),
        childs_development=case.say("development"),
        parenting_capacity=case.say("parenting"),
        family_and_environment=case.say("environment"),
        strengths=case.say("strengths"),
        needs=case.dice.sample(case.town.headlines, k=case.dice.choice((3, 3, 4, 5))),
        childs_voice=case.say("childs_voice"),
        parents_views=case.say("parents_views"),
        analysis=case.say("analysis"),
        proposed_plan=case.say("plan"),
        **_scored(case),
    )


def _planned(case: CaseInHand) -> Journey:
    """The plan is shared, carried out and reviewed until early help ends."""
    if case.state == "plan_in_progress":
        begin_plan(case, _lead(case))
    for number in range(case.dice.choice((1, 1, 2, 2, 3, 4))):
        case.town.begin(_shared(case))
        detour = _detour(case)
        if detour is not None:
            yield from detour(case)
            if not case.is_open:
                return
        yield from _reviewed(case, first=number == 0)
    case.town.begin(_shared(case))
    yield case.town.hours.weeks_after(case.town.now, case.dice.uniform(1, 7), case.dice)
    yield from _ended(case)


def _detour(case: CaseInHand) -> Callable[[CaseInHand], Journey] | None:
    detours: Mapping[str, Callable[[CaseInHand], Journey] | None] = {
        "none": None,
        "stepped_up": stepped_up,
        "handed_over": handed_over,
        "paused": lambda one: paused(one, "review"),
        "withdrawn": withdrawn,
        "assessed_again": _assessed_again,
    }
    return detours[
        drawn(
            case.dice,
            {"none": 84, "stepped_up": 5, "handed_over": 4, "paused": 3, "withdrawn": 3, "assessed_again": 1},
        )
    ]


def _assessed_again(case: CaseInHand) -> Journey:
    yield case.town.hours.weeks_after(case.town.now, 3, case.dice)
    case.act("begin_reassessment", _lead(case), reason=case.say("new_assessment"))
    yield from _assessed(case)


def _shared(case: CaseInHand) -> Journey:
    yield case.days_of_work_later(12, 22, 22, 18, 12, 6, 4, 3, 1)
    if case.state == "plan_in_progress":
        how = drawn(case.dice, {"meeting": 70, "letter": 15, "email": 15})
        case.act("record_plan_shared", _lead(case), how=how, given_to="Parents")


def _reviewed(case: CaseInHand, *, first: bool) -> Journey:
    weeks = case.dice.gauss(5.3, 0.6) if first else case.dice.gauss(10.0, 1.4)
    held_at = case.town.hours.weeks_after(case.town.now, max(2.0, weeks), case.dice)
    yield _typed_at(case, held_at)
    case.scores = {domain: min(10, max(1, score + _change(case))) for domain, score in case.scores.items()}
    today = case.town.hours.calendar.date_of(held_at)
    review = {
        "taf_date": today.isoformat(),
        "progress": case.say("progress"),
        "next_review_date": (today + timedelta(weeks=case.dice.choice((10, 12, 13)))).isoformat(),
        **_scored(case),
    }
    met(case, _lead(case), held_at, review)


def _change(case: CaseInHand) -> int:
    return case.dice.choices((-1, 0, 1, 2), weights=(8, 34, 42, 16))[0]


def _ended(case: CaseInHand) -> Journey:
    if case.state != "plan_in_progress":
        return
    measure = drawn(case.dice, ENDINGS)
    about = "achieved" if measure == "outcomes_achieved" else "disengaged"
    by = _lead(case) if case.chance(0.7) else case.manager
    case.act(
        "close_case",
        by,
        end_measure=measure,
        family_feedback=case.say("feedback"),
        achieved=case.say(about),
        **_scored(case),
    )
    yield from ()


def _typed_at(case: CaseInHand, happened_at: datetime) -> datetime:
    """When something that happened is written up."""
    days = case.dice.choices(range(len(DAYS_TO_TYPE)), weights=DAYS_TO_TYPE)[0]
    return case.town.hours.after(happened_at, days, case.dice)


def _scored(case: CaseInHand) -> dict[str, int]:
    return {f"score_{domain}": score for domain, score in case.scores.items()}


def _lead(case: CaseInHand) -> Person:
    assert case.lead is not None
    return case.lead
