"""What both databases can do but say differently: London's day of a moment, months, moments kept in JSON."""

from sqlalchemy import Date

from earlyhelp.records.base import Instant
from earlyhelp.records.sql_functions import sql_function

_LAST_SUNDAY = "date(strftime('%Y', {at}) || '{after}', 'weekday 0', '-7 days') || ' 01:00:00'"
_SUMMER = "{at} >= " + _LAST_SUNDAY.replace("{after}", "-04-01")
_STILL = "{at} < " + _LAST_SUNDAY.replace("{after}", "-11-01")
_LONDON_DAY = f"date({{at}}, CASE WHEN {_SUMMER} AND {_STILL} THEN '+1 hour' ELSE '+0 hours' END)"
"""Summer time since 1996: from 01:00 UTC on March's last Sunday until 01:00 UTC on October's."""
# SQLite runs over into the next month where PostgreSQL stops at the last day: the surplus is taken back.
_OVER = "date({0}, ({1}) || ' months')"
_SURPLUS = (
    f"CASE WHEN strftime('%d', {_OVER}) = strftime('%d', {{0}}) THEN '0' ELSE strftime('%d', {_OVER}) END"
)
_IN_JSON = "replace(json_extract({0}, '$.' || {1}), 'T', ' ')"

local_day = sql_function(
    "local_day",
    Date(),
    postgresql="(({0}) AT TIME ZONE 'Europe/London')::date",
    sqlite=_LONDON_DAY.format(at="{0}"),
)
"""London's day of a moment."""

deadline_day = sql_function(
    "deadline_day",
    Date(),
    postgresql="(({0} - interval '1 microsecond') AT TIME ZONE 'Europe/London')::date",
    sqlite=_LONDON_DAY.format(at="strftime('%Y-%m-%d %H:%M:%S', {0}, '-1 second')"),
)
"""London's last day on which something due at a moment is in time: the moment itself is too late."""

months_later = sql_function(
    "months_later",
    Date(),
    postgresql="(({0}) + make_interval(months => {1}))::date",
    sqlite=f"date({_OVER}, '-' || {_SURPLUS} || ' days')",
)
"""A day so many months later (or earlier): its own number, or the month's last where there is no such day."""

seconds_later = sql_function(
    "seconds_later",
    Instant(),
    postgresql="(({0}) + make_interval(secs => {1}))",
    sqlite="strftime('%Y-%m-%d %H:%M:%S', {0}, '+' || ({1}) || ' seconds')",
)
"""A moment so many seconds later, to ask the day of."""

days_earlier = sql_function(
    "days_earlier",
    Date(),
    postgresql="(({0}) - ({1}))",
    sqlite="date({0}, '-' || ({1}) || ' days')",
)
"""A day so many calendar days earlier."""

moment_in = sql_function(
    "moment_in",
    Instant(),
    postgresql="(({0}) ->> {1})::timestamptz",
    sqlite=f"CASE WHEN substr({_IN_JSON}, 20, 1) = '.' THEN substr({_IN_JSON}, 1, 26) "
    f"ELSE substr({_IN_JSON}, 1, 19) || '.000000' END",
)
"""A moment out of JSON, where it lies as `datetime.isoformat` in UTC; NULL where it is null or absent."""
