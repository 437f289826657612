"""Keeping what measures count by month: what happened since is brought in, or all made anew."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from earlyhelp.casework.kept_figures import add_up_groups, begin_anew, keep, state_locked
from earlyhelp.insight.measures.asking import scene_of
from earlyhelp.insight.measures.kept import kept_of
from earlyhelp.insight.measures.kept_cases import Amount, count_cases, moved
from earlyhelp.insight.measures.kept_groups import have_moved, with_groups
from earlyhelp.insight.measures.kept_lists import relisted
from earlyhelp.insight.measures.kept_rules import KEPT, digest, rules_of_today
from earlyhelp.insight.measures.ripening import ripened
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.touched import touched
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_figures import KeptFigures
from earlyhelp.scheduler.blocks import BEHIND, block_by_block, following_cases, in_blocks
from earlyhelp.scheduler.marks import LASTING, event_mark


def keep_figures(engine: Engine, *, now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
    """Bring what is kept up to now, in as many transactions as it needs; returns how many cases were counted.

    Ended in the middle, it goes on where it was: readers count for themselves what is missing.
    """
    with reading(engine) as connection:
        if not _is_behind(connection, now):
            return 0
    with transaction(engine) as connection:
        total = _catch_up(connection, now)
        if have_moved(connection):
            add_up_groups(connection)
    total += block_by_block(engine, _next_block, stopping=stopping)
    return total + _ripen(engine, now, stopping)


def _is_behind(connection: Connection, now: datetime) -> bool:
    state = connection.execute(select(KeptFigures.__table__)).one_or_none()
    if state is None or not _holds(connection, state, scene_of(connection, now=now)):
        return True
    uncounted = connection.scalar(select(Case.id).where(Case.id > state.cases_to).limit(1))
    if uncounted is not None or _touched(connection, state) != () or have_moved(connection):
        return True
    return _ripened(connection, state, now) != ()


def _catch_up(connection: Connection, now: datetime) -> int:
    """What happened since to cases that are kept; or forget all, where that holds no longer."""
    scene, state, mark = scene_of(connection, now=now), state_locked(connection), event_mark(connection, now)
    cases = None if state is None else _touched(connection, state)
    if state is None or cases is None or not _holds(connection, state, scene):
        rules = rules_of_today(connection, scene)
        begin_anew(
            connection,
            rules=rules.digest,
            last_day=rules.last_day,
            users_to=rules.users_to,
            event_mark=mark,
            seen_at=now - LASTING,
            judged_at=now,
        )
        return 0
    known = tuple(case for case in cases if case <= state.cases_to)
    _count(connection, known, at=state.judged_at, event_mark=mark, seen_at=now - LASTING)
    return len(known)


def _holds(connection: Connection, state: Any, scene: Scene) -> bool:
    """Whether all was made by today's rules, up to the month that ended last."""
    today = rules_of_today(connection, scene)
    by_rules = digest(connection, scene, last_day=state.last_day, users_to=state.users_to) == state.rules
    return bool(by_rules and today.last_day == state.last_day)


def _touched(connection: Connection, state: Any) -> tuple[int, ...] | None:
    return touched(connection, event_mark=state.event_mark, seen_at=state.seen_at, at_most=BEHIND)


def _next_block(connection: Connection) -> int:
    """As of when the others are: another process may have begun anew since, in a new month."""
    state = state_locked(connection)
    if state is None:
        return 0
    cases = following_cases(connection, state.cases_to)
    if cases:
        _count(connection, cases, at=state.judged_at, cases_to=cases[-1])
    return len(cases)


def _ripen(engine: Engine, now: datetime, stopping: Callable[[], bool]) -> int:
    """Count those anew of which something fell due, or has held. After midnight they are many: in several transactions.

    With the last, time is said to be in it up to now. Until then readers count them for themselves, and go on doing so
    where another process came in between: the next run takes them.
    """
    with reading(engine) as connection:
        state = connection.execute(select(KeptFigures.__table__)).one()
        cases = tuple(case for case in _ripened(connection, state, now) if case <= state.cases_to)
    turn, total = state.turn, 0
    for block in in_blocks(cases):
        total += len(block)
        how_far = {"judged_at": now} if total == len(cases) else {}
        if stopping():
            return total - len(block)
        with transaction(engine) as connection:
            held = state_locked(connection)
            if held is None or held.turn != turn:
                return total - len(block)
            _count(connection, block, at=now, **how_far)
        turn += 1
    return total


def _ripened(connection: Connection, state: Any, now: datetime) -> tuple[int, ...]:
    """None where another process, whose clock is ahead, has judged already: it may have been in a new month."""
    if now <= state.judged_at:
        return ()
    cases = ripened(connection, scene_of(connection, now=now), since=state.judged_at)
    assert cases is not None
    return cases


def _count(connection: Connection, cases: tuple[int, ...], *, at: datetime, **how_far: Any) -> None:
    last_day = connection.execute(select(KeptFigures.last_day)).scalar_one()
    difference: Counter[Amount] = Counter()
    changed: dict[int, set[int]] = {}
    rows: list[dict[str, Any]] = []
    for block in in_blocks(cases):
        new = count_cases(connection, KEPT, scene_of(connection, now=at), block, last_day=last_day)
        old = kept_of(connection, block)
        difference.update(moved(new, old))
        for place, numbers in relisted(new, old).items():
            changed.setdefault(place, set()).update(numbers)
        rows += [{"case_id": case, "counted": counted.as_json()} for case, counted in new.items()]
    difference_of_all = with_groups(connection, difference)
    keep(connection, counted=rows, difference=difference_of_all, relisted=changed, **how_far)
