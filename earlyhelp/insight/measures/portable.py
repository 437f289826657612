"""What both databases can do but say differently: London's day of a moment, months, moments kept in JSON."""

from datetime import date
from typing import Any

from sqlalchemy import Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from earlyhelp.records.base import Instant

_LAST_SUNDAY = "date(strftime('%Y', {at}) || '{after}', 'weekday 0', '-7 days') || ' 01:00:00'"
_SUMMER = "{at} >= " + _LAST_SUNDAY.replace("{after}", "-04-01")
_STILL = "{at} < " + _LAST_SUNDAY.replace("{after}", "-11-01")
_LONDON_DAY = f"date({{at}}, CASE WHEN {_SUMMER} AND {_STILL} THEN '+1 hour' ELSE '+0 hours' END)"
"""Summer time since 1996: from 01:00 UTC on March's last Sunday until 01:00 UTC on October's."""


class local_day(FunctionElement[date]):  # noqa: N801  reads as the SQL function that it is
    """London's day of a moment."""

    type = Date()
    inherit_cache = True
    name = "local_day"


class deadline_day(FunctionElement[date]):  # noqa: N801
    """London's last day on which something due at a moment is in time: the moment itself is too late."""

    type = Date()
    inherit_cache = True
    name = "deadline_day"


class months_later(FunctionElement[date]):  # noqa: N801
    """A day so many months later (or earlier): its own number, or the month's last where there is no such day."""

    type = Date()
    inherit_cache = True
    name = "months_later"


class seconds_later(FunctionElement[Any]):  # noqa: N801
    """A moment so many seconds later, to ask the day of."""

    type = Instant()
    inherit_cache = True
    name = "seconds_later"


class days_earlier(FunctionElement[date]):  # noqa: N801
    """A day so many calendar days earlier."""

    type = Date()
    inherit_cache = True
    name = "days_earlier"


class moment_in(FunctionElement[Any]):  # noqa: N801
    """A moment out of JSON, where it lies as `datetime.isoformat` in UTC; NULL where it is null or absent."""

    type = Instant()
    inherit_cache = True
    name = "moment_in"


@compiles(local_day, "postgresql")
def _local_day_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"((({compiler.process(element.clauses, **kw)})) AT TIME ZONE 'Europe/London')::date"


@compiles(local_day, "sqlite")
def _local_day_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return _LONDON_DAY.format(at=compiler.process(element.clauses, **kw))


@compiles(deadline_day, "postgresql")
def _deadline_day_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    at = compiler.process(element.clauses, **kw)
    return f"(({at} - interval '1 microsecond') AT TIME ZONE 'Europe/London')::date"


@compiles(deadline_day, "sqlite")
def _deadline_day_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    at = f"strftime('%Y-%m-%d %H:%M:%S', {compiler.process(element.clauses, **kw)}, '-1 second')"
    return _LONDON_DAY.format(at=at)


@compiles(months_later, "postgresql")
def _months_later_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    day, months = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(({day}) + make_interval(months => {months}))::date"


@compiles(months_later, "sqlite")
def _months_later_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    # SQLite runs over into the next month where PostgreSQL stops at the last day: take the surplus back.
    day, months = (compiler.process(clause, **kw) for clause in element.clauses)
    over = f"date({day}, ({months}) || ' months')"
    surplus = (
        f"CASE WHEN strftime('%d', {over}) = strftime('%d', {day}) THEN '0' ELSE strftime('%d', {over}) END"
    )
    return f"date({over}, '-' || {surplus} || ' days')"


@compiles(seconds_later, "postgresql")
def _seconds_later_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    at, seconds = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(({at}) + make_interval(secs => {seconds}))"


@compiles(seconds_later, "sqlite")
def _seconds_later_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    at, seconds = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%S', {at}, '+' || ({seconds}) || ' seconds')"


@compiles(days_earlier, "postgresql")
def _days_earlier_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    day, days = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(({day}) - ({days}))"


@compiles(days_earlier, "sqlite")
def _days_earlier_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    day, days = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"date({day}, '-' || ({days}) || ' days')"


@compiles(moment_in, "postgresql")
def _moment_in_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    content, name = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(({content}) ->> {name})::timestamptz"


@compiles(moment_in, "sqlite")
def _moment_in_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    content, name = (compiler.process(clause, **kw) for clause in element.clauses)
    text = f"replace(json_extract({content}, '$.' || {name}), 'T', ' ')"
    return (
        f"CASE WHEN substr({text}, 20, 1) = '.' THEN substr({text}, 1, 26) "
        f"ELSE substr({text}, 1, 19) || '.000000' END"
    )
