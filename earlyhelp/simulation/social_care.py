"""Social care considers what was stepped up to it: accepts it, or returns it."""

from datetime import datetime, timedelta

from earlyhelp.simulation.data import drawn
from earlyhelp.simulation.town import CaseInHand, Journey

ACCEPTED = 0.87
ACCEPTED_FROM_EARLY_HELP = 0.6
LATE = 0.12
URGENCY_CHANGES = 0.06
PLANS = {"assessment": 72, "CIN": 18, "CP": 8, "LAC": 2}


def considered(case: CaseInHand, *, accepted: float = ACCEPTED) -> Journey:
    """From the request to social care's decision; the case is then closed, or back where it came from."""
    urgency = str(case.latest.step.fields["urgency"])
    if urgency != "red" and not case.fate and case.chance(URGENCY_CHANGES):
        yield case.town.now + timedelta(minutes=case.dice.randint(20, 90))
        urgency = "red"
        by = case.manager if case.team else case.town.staff.screening_manager
        case.act("change_urgency", by, urgency=urgency, reason=case.say("new_urgency"))
    yield _decided_at(case, urgency)
    by = case.town.staff.social_care_manager
    if case.chance(accepted):
        plan = drawn(case.dice, PLANS)
        case.act("accept_step_up", by, rationale=case.say("step_up_accepted"), plan_type=plan)
    else:
        why = case.say("step_up_returned")
        case.act("return_step_up", by, rationale=why, level_of_need="targeted")


def _decided_at(case: CaseInHand, urgency: str) -> datetime:
    if case.fate:
        return case.days_later(0, 0, 0, 0, 50, 50)
    late = case.chance(LATE)
    if urgency == "red":
        minutes = case.dice.randint(300, 700) if late else case.dice.randint(15, 220)
        return case.town.now + timedelta(minutes=minutes)
    if urgency == "amber":
        return case.days_later(0, 0, 1) if late else case.days_later(45, 55)
    return case.days_later(0, 0, 0, 0, 60, 40) if late else case.days_later(15, 40, 30, 15)
