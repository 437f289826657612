"""When people work: office hours on working days, a while after something else."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from earlyhelp.pathway.calendar import Calendar

SETTLING_IN = timedelta(minutes=10)
"""Nobody records anything in the very minute in which it becomes possible."""


@dataclass(frozen=True)
class Hours:
    """The working time of a council's staff."""

    calendar: Calendar

    def soon(self, moment: datetime, dice: Random, *, within: timedelta = timedelta(hours=2)) -> datetime:
        """A moment of office time shortly after."""
        wait = SETTLING_IN + (within - SETTLING_IN) * dice.random()
        return self.calendar.add_office_time(moment, _whole_minutes(wait))

    def after(self, moment: datetime, days: int, dice: Random) -> datetime:
        """Some time in office hours, so many working days after; the same day (or next morning) for 0."""
        if days <= 0:
            return self.soon(moment, dice, within=timedelta(hours=4))
        day = self.calendar.working_day_after(self.calendar.date_of(moment), days)
        return self.within(day, dice)

    def within(self, day: date, dice: Random) -> datetime:
        """Some time in the office hours of a day."""
        length = self.calendar.office_day - timedelta(minutes=20)
        return self.calendar.opening(day) + SETTLING_IN + _whole_minutes(length * dice.random())

    def any_time(self, day: date, dice: Random) -> datetime:
        """Some time of day, mostly between morning and midnight: when police and families ring."""
        minute = int(dice.triangular(0, 24 * 60 - 1, 16 * 60))
        return self.calendar.at(day, time(minute // 60, minute % 60))

    def weeks_after(self, moment: datetime, weeks: float, dice: Random) -> datetime:
        """Some time in office hours about so many weeks after."""
        day = self.calendar.date_of(moment) + timedelta(days=round(weeks * 7))
        return self.within(self.calendar.first_working_day_from(day), dice)


def _whole_minutes(length: timedelta) -> timedelta:
    return timedelta(minutes=length // timedelta(minutes=1))
