"""What the surviving database says of everything that was acknowledged and everything that fell due."""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, func, insert, select

from benchmarks.cluster.databases import Database
from earlyhelp.casework.audit import verify_all
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.clocks import Alert, ClockRow, OutboxMessage
from earlyhelp.records.database import connect, reading
from tests.load.drive_api import Journey

STAGES = 2_000
"""Clocks that fall due while all this happens, so that workers have something to raise twice."""
FIRST_SECOND = 15
PATIENCE = 60
"""Seconds in which the workers must have raised what fell due."""


def clocks_to_come(connection: Connection, seconds: int) -> None:
    """Many runs of one clock, one falling due after the other over so many seconds."""
    row = connection.execute(select(ClockRow).limit(1)).one()
    like = {name: value for name, value in row._mapping.items() if name != "id"}
    later = {name: None for name in like if name.startswith(("warning_", "escalation_"))}
    begins = datetime.now(UTC) + timedelta(seconds=FIRST_SECOND)
    due = [begins + timedelta(seconds=seconds * n / STAGES) for n in range(STAGES)]
    connection.execute(
        insert(ClockRow),
        [
            like | later | {"started_by": STAGES + n, "due_at": at, "gross_due_at": at, "next_moment": at}
            for n, at in enumerate(due)
        ],
    )


def proved(survivor: Database, journeys: Iterable[Journey]) -> tuple[Mapping[str, float], list[str]]:
    """Figures, and everything that is wrong."""
    engine = connect(survivor.url)
    give_up_at = time.monotonic() + PATIENCE
    while _to_come(engine) and time.monotonic() < give_up_at:
        time.sleep(1)
    with reading(engine) as connection:
        cases = connection.scalar(select(func.count()).select_from(Case)) or 0
        chains = [f"{fault}" for _, fault in verify_all(connection) if fault]
        lost = list(_lost(connection, journeys))
        raised, twice = _raised(connection)
        on_time = _on_time(connection)
    engine.dispose()
    late = [] if on_time == STAGES else [f"{on_time} of {STAGES} stages that fell due were raised"]
    seen = {
        "acknowledged actions that are lost": len(lost),
        "cases, every one with every link of its chain": cases,
        "stages raised": raised,
        "stages raised or messages written twice": len(twice),
    }
    return seen, [*chains, *lost, *twice, *late]


def _lost(connection: Connection, journeys: Iterable[Journey]) -> Iterator[str]:
    """Every action that some caller was told is done, looked for in the survivor's history."""
    rows = connection.execute(
        select(Case.reference, Event.sequence, Event.action).join(Case, Case.id == Event.case_id)
    )
    there = {(row.reference, row.sequence): row.action for row in rows}
    for journey in journeys:
        for version, action in journey.acknowledged.items():
            if there.get((journey.reference, version)) != action:
                yield f"{journey.reference}: {action} was acknowledged as version {version} and is lost"


def _raised(connection: Connection) -> tuple[int, list[str]]:
    raised = connection.execute(select(Alert.clock_id, Alert.stage)).all()
    keys = connection.scalars(select(OutboxMessage.message_key)).all()
    twice = ["a stage was raised twice"] * (len(raised) - len(set(raised)))
    return len(raised), twice + ["a message was written twice"] * (len(keys) - len(set(keys)))


def _on_time(connection: Connection) -> int:
    of_ours = select(func.count()).select_from(Alert).join(ClockRow, ClockRow.id == Alert.clock_id)
    return connection.scalar(of_ours.where(ClockRow.started_by >= STAGES)) or 0


def _to_come(engine: Engine) -> bool:
    """Whether one of our clocks has yet to be raised. Just after a sweep nothing is due, and more to come."""
    with reading(engine) as connection:
        waiting = ClockRow.next_moment.is_not(None), ClockRow.started_by >= STAGES
        return bool(connection.scalar(select(func.count()).select_from(ClockRow).where(*waiting)))
