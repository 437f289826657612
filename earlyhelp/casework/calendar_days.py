"""The table of days: SQL must count as the clocks do."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, insert, select, update

from earlyhelp.pathway.calendar import england
from earlyhelp.records.cases import CalendarDay, Closure

FIRST_DAY_YEAR, LAST_DAY_YEAR = 2010, 2040


def write_calendar_days(connection: Connection) -> list[date]:
    """Bring the table to the engine's calendar, and write what differs: a day closed puts all that follow one back.

    Returns the days that began or ceased to be working days.
    """
    right = {day["on"]: day for day in _days(connection)}
    there = {day.on: day for day in connection.execute(select(CalendarDay))}
    known = [on for on in right if on in there]
    for shift, run in groupby(known, lambda on: right[on]["working_number"] - there[on].working_number):
        if shift:
            days = list(run)
            those = update(CalendarDay).where(CalendarDay.on.between(days[0], days[-1]))
            connection.execute(those.values(working_number=CalendarDay.working_number + shift))
    for on in known:
        if right[on]["counts_as"] != there[on].counts_as:
            that = update(CalendarDay).where(CalendarDay.on == on)
            connection.execute(that.values(counts_as=right[on]["counts_as"]))
    if missing := [day for on, day in right.items() if on not in there]:
        connection.execute(insert(CalendarDay), missing)
    return [on for on in known if (right[on]["counts_as"] == on) != (there[on].counts_as == on)]


def _days(connection: Connection) -> Iterator[Mapping[str, Any]]:
    closures = connection.execute(select(Closure.on, Closure.name).order_by(Closure.on)).all()
    calendar = england(tuple((row.on, row.name) for row in closures))
    first, last = date(FIRST_DAY_YEAR, 1, 1), date(LAST_DAY_YEAR, 12, 31)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        yield {
            "on": day,
            "number": day.toordinal(),
            "working_number": calendar.working_days_between(first, day),
            "counts_as": calendar.first_working_day_from(day),
        }
