"""A contact at the front door: told, looked into, decided, its referrer answered."""

from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random

from earlyhelp.casework.reading import below_threshold_closings
from earlyhelp.permissions import PUBLIC_FORM, Person
from earlyhelp.simulation.arrivals import ALWAYS_OPEN, IN_TERM, Arrival
from earlyhelp.simulation.data import drawn, repeatable_dice
from earlyhelp.simulation.early_help import helped
from earlyhelp.simulation.families import WITHIN, Family
from earlyhelp.simulation.social_care import considered
from earlyhelp.simulation.town import CaseInHand, Journey, Town

COMES_BACK = 0.23
JOINED = 0.8
ASKS_FIRST = 0.16
DECIDED = {"accepted": "early_help", "referred": "social_care"}
"""What was decided about those of the last days that wait on somebody else's desk."""
PUT_OFF = (0, 0, 0, 0, 20, 30, 30, 20)
"""Working days until the decision, for those still waiting when the history ends."""
REPEATED = 2
REOPENED = 0.02
RETURNED_TO_HELP = 0.5
AGREEMENT: Mapping[str, Mapping[str, float]] = {
    "early_help": {"given": 85, "not_sought": 15},
    "agreement_refused": {"refused": 80, "given": 20},
    "social_care": {"not_sought": 60, "given": 25, "refused": 15},
    "": {"given": 50, "not_sought": 40, "refused": 10},
}


def contact(town: Town, arrival: Arrival) -> Journey:
    """One contact from the moment somebody types it in to the front door's decision."""
    dice = repeatable_dice(town.seed, f"contact {arrival.number}")
    yield _recorded_at(town, arrival, dice)
    family = _who(town, arrival, dice)
    decision = DECIDED.get(arrival.fate) or drawn(dice, town.council["decisions"])
    case = _told(town, arrival, dice, family, decision)
    family.last_contact = arrival.received_at
    family.open_case = family.open_case or case
    yield from _screened(case, arrival, decision)


def _recorded_at(town: Town, arrival: Arrival, dice: Random) -> datetime:
    """When somebody in the office types it in; at once if it came by itself, or the history would end before."""
    typed = town.hours.soon(arrival.received_at, dice)
    by_itself = arrival.channel == "system" or _is_public_form(arrival)
    return arrival.received_at if by_itself or typed > town.until else typed


def decided(case: CaseInHand, decision: str) -> Journey:
    """The front door decides. Who decides, and how it goes on, depends on what is already known."""
    town, by = case.town, case.town.staff.screener(case.dice)
    other: CaseInHand | None = case.family.open_case
    if other is not None and other is not case and case.chance(JOINED):
        reference = other.latest.reference
        case.act("join_contact", by, case_reference=reference, rationale=case.say("why_joined"))
        return
    if decision in BELOW and _repeated(case):
        by = town.staff.screening_manager
    DECISIONS[decision](case, by)
    town.begin(answered(case, by))
    if case.state == "step_up_requested":
        yield from considered(case)
        if case.state == "screening":
            yield case.days_later(70, 30)
            yield from decided(case, "early_help" if case.chance(RETURNED_TO_HELP) else "advice")
    elif case.state == "awaiting_allocation":
        yield from helped(case)
    elif decision == "signpost":
        yield from _checked(case)
    elif case.chance(REOPENED):
        yield from _reopened(case)


def answered(case: CaseInHand, by: Person) -> Journey:
    """The referrer is told what happened, mostly within three working days."""
    yield case.days_later(25, 28, 22, 14, 5, 3, 2, 1)
    if case.state not in {"screening", "gathering_information"}:
        case.act("answer_referrer", by, told_what=case.say("told"), how=_how_told(case))


def _how_told(case: CaseInHand) -> str:
    return drawn(case.dice, {"email": 60, "phone": 35, "letter": 5})


def _who(town: Town, arrival: Arrival, dice: Random) -> Family:
    known = town.families.returning(dice, arrival.received_at) if dice.random() < COMES_BACK else None
    return known or town.families.new(dice, town.hours.calendar.date_of(arrival.received_at))


def _told(town: Town, arrival: Arrival, dice: Random, family: Family, decision: str) -> CaseInHand:
    leading = town.words.needs_that_lead_to(decision)
    needs = list(dict.fromkeys(dice.choices(leading, k=dice.choice((1, 1, 2, 2, 3)))))
    case = town.open(
        family,
        dice,
        person=_who_records(town, arrival, dice),
        occurred_at=arrival.received_at,
        fields={
            "source": arrival.source,
            "channel": arrival.channel,
            "presenting_needs": needs,
            "worries": " ".join(town.words.of_need(dice, need, "worries") for need in needs[:2]),
            "strengths": town.words.of_need(dice, needs[0], "strengths"),
            "agreement": drawn(dice, AGREEMENT.get(decision, AGREEMENT[""])),
            "sharing_basis": "safeguarding" if decision == "social_care" else "public_task",
        },
        referrer=_referrer(town, arrival, dice),
    )
    case.needs, case.fate = needs, arrival.fate
    return case


def _who_records(town: Town, arrival: Arrival, dice: Random) -> Person:
    if arrival.channel == "system" and arrival.source in IN_TERM:
        return town.staff.partner
    return PUBLIC_FORM if _is_public_form(arrival) else town.staff.screener(dice)


def _is_public_form(arrival: Arrival) -> bool:
    return arrival.channel == "online_form" and arrival.source in ALWAYS_OPEN


def _referrer(town: Town, arrival: Arrival, dice: Random) -> dict[str, str]:
    of = town.council["referrers"]
    names = of.get(arrival.source, of["other"])
    return {"organisation": dice.choice(names)} if names else {}


def _screened(case: CaseInHand, arrival: Arrival, decision: str) -> Journey:
    if arrival.fate in DECIDED:
        yield case.town.hours.soon(case.town.now, case.dice)
    else:
        if case.chance(ASKS_FIRST):
            yield case.days_later(80, 20)
            yield from _asked(case)
        yield case.days_later(*(PUT_OFF if arrival.fate == "waiting" else _speed(case)))
    yield from decided(case, decision)


def _asked(case: CaseInHand) -> Journey:
    by = case.town.staff.screener(case.dice)
    case.act("request_information", by, from_whom=case.say("asked_whom"), what=case.say("asked_what"))
    yield case.days_later(10, 35, 30, 15, 6, 4)
    case.act("information_received", by, what_came=case.say("came"))


def _speed(case: CaseInHand) -> list[float]:
    """How many working days until the decision: the service gets quicker over the history."""
    first, latest = (case.town.council["screening"][when] for when in ("first_year", "latest"))
    way = case.town.progress()
    same, following, later = (was + (now - was) * way for was, now in zip(first, latest, strict=True))
    return [same, following, later * 0.5, later * 0.25, later * 0.15, later * 0.1]


def _repeated(case: CaseInHand) -> bool:
    """Whether only a manager may close once more below threshold."""
    closings = below_threshold_closings(case.town.connection, case_id=case.latest.case_id)
    year = case.town.now - WITHIN * 1.01
    return sum(at > year for at in closings) >= REPEATED


def _no_further_action(case: CaseInHand, by: Person) -> None:
    level = drawn(case.dice, {"universal": 80, "additional": 20})
    case.act("close_no_further_action", by, level_of_need=level, rationale=case.say("why_no_further_action"))


def _advise(case: CaseInHand, by: Person) -> None:
    level = drawn(case.dice, {"universal": 60, "additional": 40})
    why, advice = case.say("why_advice"), case.say("advice")
    case.act("close_with_advice", by, level_of_need=level, rationale=why, advice=advice)


def _signpost(case: CaseInHand, by: Person) -> None:
    of_need = case.town.services
    fitting = sorted({key for need in case.needs for key in of_need.get(need, ())}) or sorted(of_need[""])
    services = case.dice.sample(fitting, k=min(len(fitting), case.dice.choice((1, 1, 2))))
    case.act(
        "signpost",
        by,
        level_of_need=drawn(case.dice, {"universal": 30, "additional": 70}),
        rationale=case.say("why_signpost"),
        services=services,
        family_agreed=case.chance(0.9),
    )


def _refer(case: CaseInHand, by: Person) -> None:
    agreement = drawn(case.dice, {"given": 35, "not_sought": 50, "refused": 15})
    override = {} if agreement == "given" else {"override_reason": case.say("override")}
    case.act(
        "refer_to_social_care",
        by,
        level_of_need="specialist",
        rationale=case.say("why_social_care"),
        urgency="green" if case.fate else drawn(case.dice, {"red": 20, "amber": 45, "green": 35}),
        agreement=agreement,
        **override,
    )


def _accept(case: CaseInHand, by: Person) -> None:
    shown = case.fate == "accepted" and case.chance(0.6)
    team = case.town.council["shown_team"] if shown else case.town.staff.team(case.dice)
    level = drawn(case.dice, {"additional": 40, "targeted": 60})
    words = case.say("why_early_help")
    case.act("accept_for_early_help", by, level_of_need=level, rationale=words, agreement="given", team=team)
    case.team = team


def _refused(case: CaseInHand, by: Person) -> None:
    case.act("close_agreement_refused", by, rationale=case.say("why_agreement_refused"))


def _checked(case: CaseInHand) -> Journey:
    """Weeks later somebody asks whether the family reached the services."""
    services = case.latest.step.fields["services"]
    yield case.town.hours.after(case.town.now, case.dice.randint(12, 22), case.dice)
    if case.state == "closed":
        shares = {"reached": 58, "waiting": 15, "refused": 10, "not_suitable": 5, "could_not_ask": 12}
        answers = {service: drawn(case.dice, shares) for service in services}
        case.act("record_service_reached", case.town.staff.screener(case.dice), services=answers)


def _reopened(case: CaseInHand) -> Journey:
    yield case.town.hours.after(case.town.now, case.dice.randint(5, 20), case.dice)
    case.family.open_case = case.family.open_case or case
    case.act("reopen", case.town.staff.screening_manager, reason=case.say("reopened"))
    yield case.days_later(60, 40)
    yield from decided(case, "early_help")


Decide = Callable[[CaseInHand, Person], None]
BELOW = frozenset({"no_further_action", "advice", "signpost"})
DECISIONS: Mapping[str, Decide] = {
    "no_further_action": _no_further_action,
    "advice": _advise,
    "signpost": _signpost,
    "social_care": _refer,
    "early_help": _accept,
    "agreement_refused": _refused,
}
