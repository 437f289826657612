"""Putting the weekly report in the outbox, for every week and person that lack it."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from earlyhelp.casework.own_words import terms_of_the_front_door
from earlyhelp.casework.weekly import missing_weeks, write_report
from earlyhelp.insight.scorecard.weekly import weekly_letter
from earlyhelp.records.database import reading, transaction


def send_weekly_reports(
    engine: Engine, *, now: datetime, base_url: str, stopping: Callable[[], bool] = lambda: False
) -> int:
    """One message for each missed week and person, each in a transaction of its own; returns how many.

    Two processes at once: the second finds the week written already, and leaves it.
    """
    written = 0
    with reading(engine) as connection:
        missing = missing_weeks(connection, now=now)
    for one in missing:
        if stopping():
            break
        with reading(engine) as connection:
            subject, body = weekly_letter(
                connection,
                monday=one.week,
                team_id=one.team_id,
                now=now,
                base_url=base_url,
                terms=terms_of_the_front_door(connection, now=now),
            )
        with transaction(engine) as connection:
            written += write_report(connection, missing=one, subject=subject, body=body, now=now)
    return written
