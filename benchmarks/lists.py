"""W5: what people look at all day, on councils of several sizes: the reading, without page and template.

A team's first page of open work stands beside hand-written SQL for the same 25 rows. Nobody else is at work. Nothing is
kept of the dashboard: it is counted.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import Connection

from benchmarks.by_hand import opened
from benchmarks.councils import Council, Councils, busiest
from benchmarks.filling import UNTIL
from benchmarks.measuring import Figures, spread, spreads
from earlyhelp.insight.alerts import list_alerts
from earlyhelp.insight.caseload import caseload
from earlyhelp.insight.cases import list_cases
from earlyhelp.insight.dashboard import board
from earlyhelp.insight.front_door import queue
from earlyhelp.insight.worklists import my_cases
from earlyhelp.pathway.calendar import england
from earlyhelp.records.database import reading

LOOKS = 40
BY_HAND = (
    "SELECT id, reference, state, next_due_at FROM cases WHERE is_open{true} AND team_id = ? "
    "AND next_due_at IS NOT NULL ORDER BY next_due_at, id LIMIT 25"
)
Reading = Callable[[Connection], object]


def run(councils: Councils, *, kind: str) -> Figures:
    """Median and p95 of each list at each size, and how it grew from the first size to the last."""
    filled = councils.on(kind)
    figures = measured(filled)
    return figures | growth(figures, filled)


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


def growth(figures: Figures, filled: Sequence[Council]) -> Figures:
    """How many times longer each takes at the largest size than at the smallest. Goal: 1.3."""
    first, last = filled[0].name, filled[-1].name
    return {
        f"{name.removesuffix(first)}{last} × that of {first}": figures[name.removesuffix(first) + last]
        / value
        for name, value in figures.items()
        if first != last and "p95" in name and name.endswith(first)
    }


def _by_hand(url: str, team_id: int | None) -> float:
    plain, mark = opened(url)
    statement = BY_HAND.format(true=" = 1" if mark == "?" else "").replace("?", mark)
    median, _ = spread(lambda: plain.execute(statement, (team_id,)).fetchall(), LOOKS)
    plain.close()
    return median
