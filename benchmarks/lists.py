"""W5: what people look at all day, on councils of several sizes: the reading, without page and template.

A team's first page of open work stands beside hand-written SQL for the same 25 rows. Nobody else is at work. Nothing is
kept of the dashboard: it is counted.
"""

import gc
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from benchmarks.by_hand import opened
from benchmarks.filling import UNTIL, fill
from benchmarks.measuring import Figures, spread, timed
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
    figures: Figures = {}
    for size in sizes:
        with database(kind, folder) as url:
            engine = connect(url)
            figures[f"filling {kind}, {size:,} contacts: s"] = timed(partial(fill, engine, contacts=size))
            figures |= measured(engine, url, f"{kind}, {size:,}")
            engine.dispose()
    return figures | growth(figures, kind, sizes)


def measured(engine: Engine, url: str, name: str) -> Figures:
    """Every list of a council that is filled already."""
    figures: Figures = {}
    gc.freeze()  # as each web process does when it has loaded
    with reading(engine) as connection:
        for what, look in lists(connection).items():
            median, high = spread(partial(look, connection), LOOKS)
            figures[f"W5 {what}: median ms, {name}"] = median
            figures[f"W5 {what}: p95 ms, {name}"] = high
        team = busiest(connection, "manager").team_id
    figures[f"W5 team's page by hand: median ms, {name}"] = _by_hand(url, team)
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
