"""Dates and times left as people say them. Always London's, always with words beside any colour."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from earlyhelp.pathway.calendar import LONDON, Calendar
from earlyhelp.pathway.clocks import deadline_day

MANY_DAYS = 30
"""Beyond so many working days, people think in weeks."""


class TimeLeft(NamedTuple):
    """How a clock stands: words, and the colour of its tag."""

    words: str
    colour: str


def date_words(day: date, today: date) -> str:
    """`Tue 10 March`, with the year when it is not this one."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%a} {day.day} {day:%B}{year}"


def moment_words(moment: datetime, now: datetime) -> str:
    """`Tue 10 March at 2:30pm`."""
    local, today = moment.astimezone(LONDON), now.astimezone(LONDON).date()
    return f"{date_words(local.date(), today)} at {time_words(local)}"


def time_words(local: datetime) -> str:
    if (local.hour, local.minute) in {(0, 0), (12, 0)}:
        return "midnight" if local.hour == 0 else "midday"
    half = "am" if local.hour < 12 else "pm"
    return f"{local.hour % 12 or 12}:{local.minute:02d}{half}"


def by_end_of(due_at: datetime, now: datetime) -> str:
    """`by end of Tue 10 March`; a due moment within a day is `by 3:15pm on Tue 10 March`."""
    return f"by {_due(due_at, now)}"


def fell_due_words(due_at: datetime, now: datetime) -> str:
    """`at the end of Tue 10 March`, for what fell due: `at midnight` would leave open which one."""
    due = _due(due_at, now)
    return f"at the {due}" if due.startswith("end") else f"at {due}"


def _due(due_at: datetime, now: datetime) -> str:
    local, today = due_at.astimezone(LONDON), now.astimezone(LONDON).date()
    if _is_midnight(local):
        return f"end of {date_words(local.date() - timedelta(days=1), today)}"
    return f"{time_words(local)} on {date_words(local.date(), today)}"


def _is_midnight(local: datetime) -> bool:
    return (local.hour, local.minute) == (0, 0)


def time_left(due_at: datetime, now: datetime, calendar: Calendar) -> TimeLeft:
    """Working days left, or hours where that is what matters; overdue in working days."""
    last, today = deadline_day(due_at, calendar), calendar.date_of(now)
    days = calendar.working_days_between(today, last)
    if now >= due_at:
        over = calendar.working_days_between(last, today)
        return TimeLeft(f"overdue by {counted(over, 'working day')}" if over > 0 else "overdue", "red")
    if last == today or due_at - now < timedelta(hours=6):
        return TimeLeft(_soon(due_at, now), "orange")
    if days <= 1:
        return TimeLeft(f"{counted(max(days, 1), 'working day')} left", "yellow")
    if days > MANY_DAYS:
        return TimeLeft(f"{(last - today).days // 7} weeks left", "green")
    return TimeLeft(f"{counted(days, 'working day')} left", "green" if days > 2 else "yellow")


def _soon(due_at: datetime, now: datetime) -> str:
    left = due_at - now
    if _is_midnight(due_at.astimezone(LONDON)):
        return "due today"
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    return f"{counted(hours, 'hour')} left" if hours else f"{counted(minutes, 'minute')} left"


def age_words(born: date | None, expected: date | None, on: date) -> str:
    """`7 years`, `5 months`, `unborn`, or that it is not known."""
    if born is None:
        return "unborn" if expected else "age not known"
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    if years >= 2:
        return f"{years} years"
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    return counted(max(months, 0), "month")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def lasting(seconds: float, *, units: int = 2) -> str:
    """A length of time in its largest units, two of them if not said: `2 days 3 hours`, `4 minutes 10 seconds`."""
    left, said = int(seconds), list[str]()
    for noun, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        number, left = divmod(left, size)
        if number or (noun == "second" and not said):
            said.append(counted(number, noun))
    return " ".join(said[:units])


def in_words(name: str) -> str:
    """A name of the vocabulary as people read it: `no_further_action` → `No further action`."""
    return name.replace("_", " ").capitalize()


def start_of_day(day: date) -> datetime:
    """A moment that stands for a day where a place in a list needs one."""
    return datetime.combine(day, time(), UTC)
