"""Families whom social care hands to early help when its own plan ends."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from earlyhelp.simulation.data import drawn, repeatable_dice
from earlyhelp.simulation.early_help import helped
from earlyhelp.simulation.town import Journey, Town

ONE_IN = 40
"""For so many contacts one step down: an estimate, for none is published."""
PLANS = {"CIN": 62, "assessment": 20, "CP": 15, "LAC": 3}


def step_downs(town: Town, *, contacts: int) -> Iterator[Journey]:
    """The step downs of a history, spread evenly by chance."""
    dice = repeatable_dice(town.seed, "step downs")
    for number in range(contacts // ONE_IN):
        moment = town.start + (town.until - town.start) * dice.random()
        yield _stepped_down(town, number, town.hours.soon(moment, dice))


def _stepped_down(town: Town, number: int, at: datetime) -> Journey:
    dice = repeatable_dice(town.seed, f"step down {number}")
    yield at
    today = town.hours.calendar.date_of(at)
    family = town.families.new(dice, today)
    team = town.staff.team(dice)
    case = town.open(
        family,
        dice,
        person=town.staff.social_care_manager,
        action="step_down",
        fields={
            "from_team": "Assessment team",
            "plan_ended": drawn(dice, PLANS),
            "handover_on": (today - timedelta(days=dice.randint(0, 9))).isoformat(),
            "still_needs": town.words.say(dice, "still_needs"),
            "level_of_need": drawn(dice, {"targeted": 75, "additional": 25}),
            "agreement": "given",
            "team": team,
        },
    )
    family.open_case, case.team = case, team
    yield from helped(case)
