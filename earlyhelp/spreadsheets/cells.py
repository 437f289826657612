"""What a cell says: a day, a moment, a number as text. Days are in UK order; Excel's numbers of days are days too."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from earlyhelp.pathway.calendar import LONDON

EXCEL_DAY_ZERO = date(1899, 12, 30)
FIRST_SERIAL, LAST_SERIAL = 367, 109_574
"""1 January 1901 and 31 December 2199: anything else is no day, but a number that strayed into the column."""
MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
    for name in (names,)
}
DAY_FIRST = re.compile(r"(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4}|\d{2})")
DAY_NAMED = re.compile(
    r"(?:[a-z]{3,9},? )?(\d{1,2})(?:st|nd|rd|th)?[ \-/]([a-z]{3,9})\.?,?[ \-/](\d{4}|\d{2})", re.I
)
YEAR_FIRST = re.compile(r"(\d{4})[\-/.](\d{1,2})[\-/.](\d{1,2})")
TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?\s*(am|pm)?", re.I)
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
WITH_OFFSET = re.compile(r"([^:]*\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d(?::?[0-5]\d)?)", re.I)
"""As other systems write moments: 23:30 UTC of a summer's day belongs to the next one here."""


class NotSo(ValueError):
    """The cell cannot be read as what its column holds; the words are for the person who typed it."""


def text_of(cell: Any) -> str:
    """A cell as text. A whole number loses the point that spreadsheets give it: 4505577104.0 is an NHS number."""
    if isinstance(cell, str):
        return cell.replace("\N{NO-BREAK SPACE}", " ").strip()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        plain = cell.time() == time(0)
        return f"{cell:%d/%m/%Y}" if plain else f"{cell:%d/%m/%Y %H:%M}"
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return str(cell)


def day_of(cell: Any, *, no_later_than: date) -> date:
    """The day; two digits of a year mean the latest such year that is not after `no_later_than`."""
    day, _ = moment_of(cell, no_later_than=no_later_than)
    return day


def moment_of(cell: Any, *, no_later_than: date) -> tuple[date, time | None]:
    """The day, and the local time of day where one is given."""
    if isinstance(cell, datetime):
        return cell.date(), cell.time() if cell.time() != time(0) else None
    if isinstance(cell, date):
        return cell, None
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _of_serial(float(cell))
    if not isinstance(cell, str):
        raise NotSo("is not a date")
    text = " ".join(text_of(cell).split())
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return _of_serial(float(text))
    sent = WITH_OFFSET.fullmatch(text)
    return _with_offset(sent[1], sent[2], no_later_than) if sent else _of_text(text, no_later_than)


def _of_serial(number: float) -> tuple[date, time | None]:
    if not FIRST_SERIAL <= number <= LAST_SERIAL:
        raise NotSo(f"'{number:g}' is not a date")
    seconds = round((number % 1) * 86_400)
    moment = datetime.combine(EXCEL_DAY_ZERO, time(0)) + timedelta(days=int(number), seconds=seconds)
    return moment.date(), moment.time() if moment.time() != time(0) else None


def _with_offset(text: str, offset: str, latest: date) -> tuple[date, time | None]:
    """Midnight there or here is how a system that knows no days alone writes one: then no time of day is given."""
    day, of_day = _of_text(text, latest)
    try:
        zone = datetime.fromisoformat(f"{day}T00:00{offset.upper()}").tzinfo
        local = datetime.combine(day, of_day or time(0), zone).astimezone(LONDON)
    except (ValueError, OverflowError):
        raise NotSo(f"'{_short(text + offset)}' is not a real date and time") from None
    return local.date(), local.time() if of_day and local.time() != time(0) else None


def _of_text(text: str, latest: date) -> tuple[date, time | None]:
    for pattern, order in ((YEAR_FIRST, "ymd"), (DAY_FIRST, "dmy"), (DAY_NAMED, "dmy"), (COMPACT, "ymd")):
        found = pattern.match(text)
        if found:
            parts = found.groups() if order == "dmy" else found.groups()[::-1]
            return _day(text, parts, latest), _time(text, text[found.end() :])
    raise NotSo(f"'{_short(text)}' is not a date like 31/03/2026")


def _day(text: str, parts: Any, latest: date) -> date:
    day, month, year = parts
    number = int(month) if month.isdigit() else MONTHS.get(month.lower()[:3], 0)
    try:
        return date(_year(int(year), latest) if len(year) == 2 else int(year), number, int(day))
    except ValueError:
        pass
    swapped = month.isdigit() and int(day) <= 12 < int(month) <= 31
    hint = ": the day comes first" if swapped else ""
    raise NotSo(f"'{_short(text)}' is not a real date{hint}")


def _year(two_digits: int, latest: date) -> int:
    year = latest.year // 100 * 100 + two_digits
    return year if year <= latest.year else year - 100


def _time(text: str, rest: str) -> time | None:
    rest = rest.strip().removeprefix("T").removeprefix(",").removeprefix("at").strip()
    if rest in {"", "Z"}:
        return None
    found = TIME.fullmatch(rest)
    if found is None:
        raise NotSo(f"'{_short(text)}' is not a date and time like 31/03/2026 14:30")
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        hour = hour % 12 + (12 if found[4].lower() == "pm" else 0)
    try:
        of_day = time(hour, minute, second)
    except ValueError:
        raise NotSo(f"'{_short(text)}' is not a date and time like 31/03/2026 14:30") from None
    return of_day if of_day != time(0) else None


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
