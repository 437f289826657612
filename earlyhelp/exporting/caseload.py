"""The caseload report as a table: teams, and the workers behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from earlyhelp.exporting.table import Cell, Sheet, Table
from earlyhelp.insight.caseload import TeamLoad, WorkerLoad

TEAMS = (
    "Team",
    "Workers",
    "FTE",
    "Open cases",
    "Average per FTE",
    "Fewest",
    "Most",
    "Weighted score per FTE",
    "Over ceiling",
)
WORKERS = (
    "Team",
    "Worker",
    "FTE",
    "Newly qualified",
    "Open cases",
    "Ceiling",
    "Over ceiling",
    "Weighted score",
)


def caseload_table(teams: Sequence[TeamLoad], *, on: date, lead: str) -> Table:
    """Of the teams as they stood at the end of that day. `lead` is what the council calls a lead professional."""
    workers = [(team.name, worker) for team in teams for worker in team.workers]
    return Table(
        key=f"caseload-{on.isoformat()}",
        title="Caseloads",
        sheets=(
            Sheet("Teams", (*TEAMS, f"Waiting for a {lead}"), [_team(team) for team in teams]),
            Sheet("Workers", WORKERS, [_worker(*row) for row in workers]),
        ),
        about=(
            ("Day", f"{on:%d/%m/%Y}"),
            ("Open cases", f"Cases that are open and have a {lead}, by the team of that person"),
            ("Average and score", "For each full-time worker: the number over the team's hours (FTE)"),
            ("Weighted score", "Points by complexity plus routine work; 100 is the most for full hours"),
        ),
        data={"on": on.isoformat(), "teams": [_team_data(team) for team in teams]},
    )


def _team(team: TeamLoad) -> list[Cell]:
    average, points = _rounded(team.per_fte), _rounded(team.points_per_fte)
    spread = (team.fewest, team.most, points, team.over_ceiling, team.unallocated)
    return [team.name, len(team.workers), team.fte, team.cases, average, *spread]


def _worker(team: str, worker: WorkerLoad) -> list[Cell]:
    over, new = ("Yes" if flag else "No" for flag in (worker.over_ceiling, worker.newly_qualified))
    return [team, worker.name, worker.fte, new, worker.cases, worker.ceiling, over, worker.points]


def _team_data(team: TeamLoad) -> Mapping[str, Any]:
    return {
        "team": team.name,
        "workers": len(team.workers),
        "fte": team.fte,
        "open_cases": team.cases,
        "average_per_fte": _rounded(team.per_fte),
        "fewest": team.fewest,
        "most": team.most,
        "weighted_score_per_fte": _rounded(team.points_per_fte),
        "over_ceiling": team.over_ceiling,
        "unallocated": team.unallocated,
        "by_worker": [_worker_data(worker) for worker in team.workers],
    }


def _worker_data(worker: WorkerLoad) -> Mapping[str, Any]:
    told = {"name", "email", "fte", "newly_qualified", "ceiling"}
    kept = {name: value for name, value in asdict(worker).items() if name in told}
    return {
        **kept,
        "open_cases": worker.cases,
        "weighted_score": worker.points,
        "over_ceiling": worker.over_ceiling,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
