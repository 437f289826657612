"""Looking through all closed cases once a day for those that need be kept no longer, where they are many."""

import logging
from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import Engine

from earlyhelp import places
from earlyhelp.casework.history import local_day
from earlyhelp.casework.kept_review import (
    LARGE,
    begin_review,
    forget_review,
    is_kept,
    is_reviewed,
    keep_found,
    many_closed,
    note_review,
)
from earlyhelp.casework.retention import candidates, in_blocks
from earlyhelp.casework.retention_judging import judge
from earlyhelp.casework.retention_rules import Rules, RulesUnsound, load_rules
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.settings import Settings

log = logging.getLogger("earlyhelp.scheduler")
AT_MOST = 20_000
"""Cases that may be due whose numbers are held at once."""
Stopping = Callable[[], bool]


def review_daily(engine: Engine, settings: Settings, *, now: datetime, stopping: Stopping) -> None:
    """Review by the council's rules of this moment. Rules that cannot be used are complained of in the log."""
    try:
        rules = load_rules(places.workflows(), settings.workflows_path)
    except RulesUnsound as fault:
        log.error("records were not reviewed: %s", fault)
        return
    bring_review_up(engine, rules, now=now, stopping=stopping)


def bring_review_up(
    engine: Engine, rules: Rules, *, now: datetime, above: int = LARGE, stopping: Stopping = lambda: False
) -> bool:
    """Look through all closed cases where there are more than that, unless it was done today; whether it did.

    In transactions that are short enough for people to write in between. Ended in the middle, it begins anew.
    """
    today = local_day(now)
    with reading(engine) as connection:
        if is_reviewed(connection, rules=rules, today=today):
            return False
        large, kept = many_closed(connection, above=above), is_kept(connection)
    if not large:
        if kept:
            with transaction(engine) as connection:
                forget_review(connection)
        return False
    with transaction(engine) as connection:
        begin_review(connection, rules=rules)
    cases = _look_through(engine, rules, today, stopping)
    if cases is None:
        return False
    with transaction(engine) as connection:
        note_review(connection, rules=rules, now=now, today=today, cases=cases)
    return True


def _look_through(engine: Engine, rules: Rules, today: date, stopping: Stopping) -> int | None:
    """How many were found; None when told to stop."""
    after = cases = 0
    while True:
        with reading(engine) as connection:
            ids = candidates(connection, rules=rules, today=today, after=after, limit=AT_MOST)
        for block in in_blocks(ids):
            if stopping():
                return None
            with transaction(engine) as connection:
                found = judge(connection, among(Case.id, block), rules=rules, today=today)
                keep_found(connection, found=found, after=after, up_to=block[-1])
            after, cases = block[-1], cases + len(found)
        if len(ids) < AT_MOST:
            break
    with transaction(engine) as connection:
        keep_found(connection, found=(), after=after, up_to=None)
    return cases
