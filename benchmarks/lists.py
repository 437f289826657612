"""W5: what people look at all day, on councils of several sizes: the reading, without page and template.

A team's first page of open work stands beside hand-written SQL for the same 25 rows. Nobody else is at work. Nothing is
kept of the dashboard: it is counted.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from benchmarks.by_hand import opened
from benchmarks.filling import UNTIL, fill
from benchmarks.measuring import Figures, spread, spreads, timed
from benchmarks.places import database
from earlyhelp.insight.alerts import list_alerts
from earlyhelp.insight.caseload import caseload
from earlyhelp.insight.cases import list_cases
from earlyhelp.insight.dashboard import board
from earlyhelp.insight.front_door import queue
from earlyhelp.insight.worklists import my_cases
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person, load_person
from earlyhelp.records.cases import Case
from earlyhelp.records.database import connect, reading
from earlyhelp.records.organisation import User, UserRole

LOOKS = 40
BY_HAND = (
    "SELECT id, reference, state, next_due_at FROM cases WHERE is_open{true} AND team_id = ? "
    "AND next_due_at IS NOT NULL ORDER BY next_due_at, id LIMIT 25"
)
Reading = Callable[[Connection], object]


def run(folder: Path, *, kind: str, sizes: Sequence[int]) -> Figures:
    """Median and p95 of each list at each size, and how it grew from the first size to the last."""
    with councils(folder, kind=kind, sizes=sizes) as (filled, figures):
        figures |= measured(filled)
    return figures | growth(figures, kind, sizes)


@dataclass(frozen=True)
class Council:
    """A council that is filled already."""

    name: str
    """On which database and of what size."""
    engine: Engine
    url: str


@contextmanager
def councils(folder: Path, *, kind: str, sizes: Sequence[int]) -> Iterator[tuple[Sequence[Council], Figures]]:
    """One of each size, side by side, so that what is measured of one is measured of all in the same minute.

    Beside them how long they took to fill.
    """
    figures: Figures = {}
    found: list[Council] = []
    with ExitStack() as kept:
        for size in sizes:
            url = kept.enter_context(database(kind, folder))
            engine = connect(url)
            kept.callback(engine.dispose)
            figures[f"filling {kind}, {size:,} contacts: s"] = timed(partial(fill, engine, contacts=size))
            found.append(Council(f"{kind}, {size:,}", engine, url))
        gc.freeze()  # as each web process does when it has loaded
        yield found, figures


def measured(filled: Sequence[Council]) -> Figures:
    """Every list of councils that are filled already, each of all sizes in turns."""
    figures: Figures = {}
    with ExitStack() as kept:
        looks: dict[str, dict[str, Callable[[], object]]] = {}
        for council in filled:
            connection = kept.enter_context(reading(council.engine))
            for what, look in lists(connection).items():
                looks.setdefault(what, {})[council.name] = partial(look, connection)
            team = busiest(connection, "manager").team_id
            figures[f"W5 team's page by hand: median ms, {council.name}"] = _by_hand(council.url, team)
        for what, of_each in looks.items():
            figures |= in_words(f"W5 {what}", spreads(of_each, LOOKS))
    return figures


def in_words(what: str, found: Mapping[str, tuple[float, float]]) -> Figures:
    """Medians and 95th percentiles by the council that they are of."""
    figures: Figures = {}
    for name, (median, high) in found.items():
        figures[f"{what}: median ms, {name}"] = median
        figures[f"{what}: p95 ms, {name}"] = high
    return figures


def lists(connection: Connection) -> Mapping[str, Reading]:
    """What is looked at, as the person who has most to see."""
    screener, lead, manager, head = (
        busiest(connection, role) for role in ("screener", "lead_professional", "manager", "service_manager")
    )
    calendar, today = england(), date(2026, 3, 2)

    def of(reader: Any, **given: Any) -> Reading:
        return lambda connection: reader(connection, **given)

    return {
        "front door's queue": of(queue, person=screener, now=UNTIL, today=today),
        "my cases": of(my_cases, person=lead),
        "alerts, team manager": of(list_alerts, person=manager),
        "alerts, service manager": of(list_alerts, person=head),
        "dashboard, team manager": of(board, person=manager, now=UNTIL, calendar=calendar),
        "dashboard, service manager": of(board, person=head, now=UNTIL, calendar=calendar),
        "caseload, team manager": of(caseload, person=manager),
        "API cases of a team": of(list_cases, person=head, team_id=manager.team_id),
        "API cases of a lead": of(list_cases, person=head, lead_professional_id=lead.id),
        "API cases in a state": of(list_cases, person=head, state="plan_in_progress"),
    }


def busiest(connection: Connection, role: str) -> Person:
    """Of those with this role, who leads most open cases, or whose team has most."""
    counted = (
        Case.lead_professional_id == User.id if role == "lead_professional" else Case.team_id == User.team_id
    )
    statement = (
        select(User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .outerjoin(Case, counted & Case.is_open)
        .where(UserRole.role == role)
        .group_by(User.id)
        .order_by(func.count(Case.id).desc(), User.id)
        .limit(1)
    )
    person = load_person(connection, user_id=connection.execute(statement).scalar_one())
    assert person is not None
    return person


def growth(figures: Figures, kind: str, sizes: Sequence[int]) -> Figures:
    """How many times longer each takes at the largest size than at the smallest. Goal: 1.3."""
    first, last = f"{kind}, {sizes[0]:,}", f"{kind}, {sizes[-1]:,}"
    return {
        f"{name.removesuffix(first)}{last} × that at {sizes[0]:,}": figures[name.removesuffix(first) + last]
        / value
        for name, value in figures.items()
        if len(sizes) > 1 and "p95" in name and name.endswith(first)
    }


def _by_hand(url: str, team_id: int | None) -> float:
    plain, mark = opened(url)
    statement = BY_HAND.format(true=" = 1" if mark == "?" else "").replace("?", mark)
    median, _ = spread(lambda: plain.execute(statement, (team_id,)).fetchall(), LOOKS)
    plain.close()
    return median
