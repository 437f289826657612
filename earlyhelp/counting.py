"""Counting the dashboard of a large council, so that its pages need not: once a minute, and when somebody asks."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from earlyhelp.casework.kept_board import keep_board
from earlyhelp.insight.kept_board import as_json, count_board, is_large, last_counted
from earlyhelp.records.database import reading, snapshot, transaction
from earlyhelp.records.workload import own_rules

LARGE = 10_000
"""Open cases. Up to so many, a page counts them in 4 ms, and shows what is so now."""
FRESH = timedelta(seconds=5)
"""What was counted just now serves whoever asks again."""


def bring_board_up(engine: Engine, *, now: datetime, above: int = LARGE) -> bool:
    """Count, where there are more open cases than that; whether it did.

    Two at once: the second says the same again. Ended in the middle: what was there serves until it is too old.
    """
    with snapshot(engine) as connection:
        if not is_large(connection, above=above):
            return False
        rules = connection.scalar(select(own_rules())) or ""
        counted = as_json(count_board(connection, now=now))
    with transaction(engine) as connection:
        keep_board(connection, counted_at=now, rules=rules, counted=counted)
    return True


def count_again(engine: Engine, *, now: datetime, above: int = LARGE) -> bool:
    """The same because somebody asks, unless it was done just now."""
    with reading(engine) as connection:
        fresh = last_counted(connection, now=now, within=FRESH)
    return fresh is None and bring_board_up(engine, now=now, above=above)
