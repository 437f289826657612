"""Replays that the worker does: asking for one, taking it up, telling how far it is, and what came out.

Any number of workers may look for work: one takes it up, and goes on only while it is still its own.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.loading import content_of
from earlyhelp.permissions import Person
from earlyhelp.records.replays import PathwayReplay

GIVEN_UP_AFTER = timedelta(minutes=3)
"""A worker without a sign of life for so long is dead: another begins again."""
KEPT = timedelta(days=90)
Row = Any


class NoLongerOurs(Exception):
    """Another worker has taken it up, or it was forgotten: stop."""


class Wish(NamedTuple):
    """What is asked for: the history of `pathway` in a period, under `other`."""

    pathway: str
    other: Pathway
    text: str
    first: date
    last: date


def ask_for_replay(connection: Connection, wish: Wish, *, person: Person, now: datetime) -> int:
    """Put it in the queue; returns its id."""
    return connection.execute(
        insert(PathwayReplay)
        .values(
            pathway=wish.pathway,
            content=content_of(wish.other),
            text=wish.text,
            first_on=wish.first,
            last_on=wish.last,
            asked_at=now,
            asked_by_id=person.id,
            status="waiting",
        )
        .returning(PathwayReplay.id)
    ).scalar_one()


def take_up(connection: Connection, *, worker: str, now: datetime) -> Row | None:
    """The replay that has waited longest, now this worker's; one that a dead worker left counts as waiting."""
    free = or_(
        PathwayReplay.status == "waiting",
        (PathwayReplay.status == "running") & (PathwayReplay.beat_at < now - GIVEN_UP_AFTER),
    )
    next_id = connection.scalar(
        select(PathwayReplay.id).where(free).order_by(PathwayReplay.asked_at, PathwayReplay.id).limit(1)
    )
    if next_id is None:
        return None
    taken = connection.execute(
        update(PathwayReplay)
        .where(PathwayReplay.id == next_id, free)
        .values(status="running", worker=worker, beat_at=now, done=0, total=0)
    )
    if taken.rowcount == 0:
        return None
    return connection.execute(select(PathwayReplay).where(PathwayReplay.id == next_id)).one()


def tell_progress(
    connection: Connection, *, replay_id: int, worker: str, done: int, total: int, now: datetime
) -> None:
    """How far it is, which is a sign of life too. NoLongerOurs when another has it."""
    _write(connection, replay_id, worker, {"done": done, "total": total, "beat_at": now})


def finish(
    connection: Connection, *, replay_id: int, worker: str, result: Mapping[str, Any], now: datetime
) -> None:
    """Keep what came out. NoLongerOurs when another has it."""
    cases = result["cases"]
    ended = {"status": "done", "result": dict(result), "finished_at": now, "beat_at": now}
    _write(connection, replay_id, worker, {**ended, "done": cases, "total": cases})


def give_up(connection: Connection, *, replay_id: int, worker: str, fault: str, now: datetime) -> None:
    """It cannot be done; `fault` says why. NoLongerOurs when another has it."""
    _write(connection, replay_id, worker, {"status": "failed", "fault": fault, "finished_at": now})


def put_back(connection: Connection, *, replay_id: int, worker: str) -> None:
    """The worker stops before the end: another, or the same later, begins again."""
    _write(connection, replay_id, worker, {"status": "waiting", "worker": None})


def forget_old_replays(connection: Connection, *, now: datetime) -> None:
    connection.execute(delete(PathwayReplay).where(PathwayReplay.asked_at < now - KEPT))


def _write(connection: Connection, replay_id: int, worker: str, values: Mapping[str, Any]) -> None:
    mine = (PathwayReplay.id == replay_id, PathwayReplay.worker == worker, PathwayReplay.status == "running")
    if connection.execute(update(PathwayReplay).where(*mine).values(**values)).rowcount == 0:
        raise NoLongerOurs
