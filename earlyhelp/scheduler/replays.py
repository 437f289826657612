"""Doing the replays that administrators asked for on a page, one at a time, telling how far each is."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from earlyhelp.casework.pathways import council_calendar
from earlyhelp.casework.replays import (
    NoLongerOurs,
    finish,
    give_up,
    put_back,
    take_up,
    tell_progress,
)
from earlyhelp.insight.replaying import Asked, as_data, count_cases, replay
from earlyhelp.pathway.loading import load_content
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.records.database import reading, transaction

log = logging.getLogger("earlyhelp.scheduler")
Now = Callable[[], datetime]
FAILED = "It could not be done: somebody who looks after the server finds the reason in the worker's log"


class Stopped(Exception):
    """The worker is told to end."""


def replay_waiting(
    engine: Engine, now: Now, *, worker: str, stopping: Callable[[], bool] = lambda: False
) -> int:
    """Do what waits, oldest first; how many were finished. Safe in any number of processes."""
    finished = 0
    while not stopping():
        with transaction(engine) as connection:
            task = take_up(connection, worker=worker, now=now())
        if task is None:
            break
        finished += _done(engine, task, now, worker, stopping)
    return finished


def _done(engine: Engine, task: Any, now: Now, worker: str, stopping: Callable[[], bool]) -> bool:
    """Whether it was finished by this worker. What fails is told, so that nobody waits for it."""
    try:
        result = _walked(engine, task, now, worker, stopping)
        with transaction(engine) as connection:
            finish(connection, replay_id=task.id, worker=worker, result=result, now=now())
    except NoLongerOurs:
        return False
    except Stopped:
        with suppress(NoLongerOurs), transaction(engine) as connection:
            put_back(connection, replay_id=task.id, worker=worker)
        return False
    except Exception:
        # Whatever it was: the next replay must not wait for ever behind this one.
        log.exception("replay %s failed", task.id)
        with suppress(NoLongerOurs), transaction(engine) as connection:
            give_up(connection, replay_id=task.id, worker=worker, fault=FAILED, now=now())
        return False
    return True


def _walked(engine: Engine, task: Any, now: Now, worker: str, stopping: Callable[[], bool]) -> dict[str, Any]:
    pathway = load_content(task.content)
    asked = Asked(task.pathway, task.first_on, task.last_on, now())
    with reading(engine) as connection:
        total = count_cases(connection, asked)
        other = compile_pathway(pathway, council_calendar(connection, pathway))

        def tell(done: int) -> None:
            if stopping():
                raise Stopped
            with transaction(engine) as own:
                tell_progress(own, replay_id=task.id, worker=worker, done=done, total=total, now=now())

        return as_data(replay(connection, engine=other, asked=asked, tell=tell))
