"""When contacts come and from whom: England's shares by source, month and day of the week."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Literal

from earlyhelp.simulation.data import drawn
from earlyhelp.simulation.hours import Hours

ALWAYS_OPEN = frozenset({"6", "3E", "1A", "1B", "1C", "1D", "9"})
"""Police, hospitals and families get in touch on any day; everybody else works office hours."""
IN_TERM = frozenset({"2A", "2B", "3C"})
SUMMER = 0.15
"""What is left of contacts from schools in August: an assumption, for no published table crosses source and month."""
LATEST_SHARE = 40
MOST_LATEST = 12
DAY = timedelta(days=1)
CHANNELS: Mapping[str, Mapping[str, float]] = {
    "6": {"system": 70, "email": 30},
    "2A": {"online_form": 45, "email": 25, "telephone": 20, "system": 10},
    "9": {"telephone": 80, "letter": 20},
    "individual": {"telephone": 55, "online_form": 35, "in_person": 10},
    "other": {"email": 45, "telephone": 35, "online_form": 15, "letter": 5},
}


Fate = Literal["", "waiting", "accepted", "referred"]
FATES: Sequence[Fate] = ("waiting", "accepted", "waiting", "referred", "waiting")


@dataclass(frozen=True)
class Arrival:
    """One contact about to be told. `fate` settles on whose desk one of the last days still waits."""

    number: int
    received_at: datetime
    source: str
    channel: str
    fate: Fate = ""


def arrivals(
    contacts: int,
    *,
    council: Mapping[str, Any],
    hours: Hours,
    start: date,
    until: datetime,
    dice: Random,
    most_latest: int = MOST_LATEST,
) -> list[Arrival]:
    """So many contacts between the start and a moment, in order of arrival; a few more of them in the last days."""
    latest = min(most_latest, contacts // LATEST_SHARE)
    moments = list(_latest(latest, council, hours, start, until, dice))
    weights = _weights(council, hours, start, until)
    while len(moments) < contacts:
        source = drawn(dice, council["sources"])
        day = dice.choices(list(weights), weights=_of_source(weights, source))[0]
        moments.append((_moment(day, source, hours, dice, until), source, ""))
    moments.sort(key=lambda arrival: arrival[:2])
    return [
        Arrival(number, moment, source, drawn(dice, _channels(source)), fate)
        for number, (moment, source, fate) in enumerate(moments, start=1)
    ]


def _weights(
    council: Mapping[str, Any], hours: Hours, start: date, until: datetime
) -> dict[date, tuple[float, float, float]]:
    """For each day, how many come from those in the office, those always there, and schools."""
    weights = {}
    day, last = start, hours.calendar.date_of(until)
    while day <= last:
        month = council["months"][str(day.month)]
        open_today = hours.calendar.is_working_day(day)
        office = council["weekdays"]["office"][day.weekday()] if open_today else 0.02
        always = council["weekdays"]["always"][day.weekday()]
        weights[day] = (month * office, month * always, month * office * (SUMMER if day.month == 8 else 1))
        day += DAY
    return weights


def _of_source(weights: Mapping[date, tuple[float, float, float]], source: str) -> list[float]:
    column = 1 if source in ALWAYS_OPEN else 2 if source in IN_TERM else 0
    return [row[column] for row in weights.values()]


def _moment(day: date, source: str, hours: Hours, dice: Random, until: datetime) -> datetime:
    moment = hours.any_time(day, dice) if source in ALWAYS_OPEN else hours.within(day, dice)
    return moment if moment <= until else max(hours.calendar.start_of(day), until - DAY * dice.random())


def _latest(
    count: int, council: Mapping[str, Any], hours: Hours, start: date, until: datetime, dice: Random
) -> Iterator[tuple[datetime, str, Fate]]:
    """Moments of the last four working days, so that some wait, some are due today and some are late."""
    today = hours.calendar.date_of(until)
    for place in range(count):
        day = hours.calendar.working_day_after(today, -(place % 4))
        moment = hours.within(day, dice)
        if moment > until:
            moment = hours.within(hours.calendar.working_day_after(today, -1), dice)
        if moment <= until and hours.calendar.date_of(moment) >= start:
            yield moment, drawn(dice, council["sources"]), FATES[place % len(FATES)]


def _channels(source: str) -> Mapping[str, float]:
    return CHANNELS.get(source) or CHANNELS["individual" if source in ALWAYS_OPEN else "other"]
