"""A figure broken down: by who told us, by team, by end measure, by domain."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from earlyhelp.insight.measures.children import children_with_disabilities
from earlyhelp.insight.measures.figures import Figure, counted_rows, value_of
from earlyhelp.insight.measures.kept_splits import Spreads, kept_spreads
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.told import OF_CONTACTS, parts_of
from earlyhelp.records.cases import Contact
from earlyhelp.records.organisation import Agency, Team, User
from earlyhelp.records.reference import CodeEntry

TITLES: Mapping[str, str] = {
    "source": "Who told us",
    "channel": "How it reached us",
    "presenting_need": "Presenting need",
    "team": "Team",
    "locality": "Locality",
    "agency": "Agency of the lead professional",
    "worker": "Worker",
    "disabled": "Child with a disability",
    "outcome": "End measure",
    "domain": "Domain",
    "state_kind": "Where on the pathway",
    "stage": "Stage",
}
ANYWHERE = ("team", "locality", "agency", "worker")
"""What every measure of cases can be broken down by."""
NAMED: Mapping[str, Any] = {"team": Team, "agency": Agency, "worker": User}
"""Parts that are people and places with a name, told apart by id: two may be called alike."""
CODES = ("source", "channel", "presenting_need")
NOBODY = "None recorded"


@dataclass(frozen=True)
class Part:
    """One part of a figure. `key` is the code, id or name that it was broken down by, empty where there is none."""

    key: str
    label: str
    figure: Figure


def splits_of(measure: Measure) -> tuple[str, ...]:
    """What this measure can be broken down by. A rate has one population, and a caseload its own page."""
    return (
        ()
        if measure.kind in {"rate", "per_fte"}
        else (*measure.splits, *(s for s in ANYWHERE if s not in measure.splits))
    )


def broken_down(
    connection: Connection, measure: Measure, scene: Scene, by: str, narrowed: Narrowed = EVERYWHERE
) -> list[Part]:
    """The figure for the scene's first span in parts, the largest first. ValueError if it has no such parts.

    A contact with several presenting needs is in several parts: they add up to more than the whole.
    """
    if by not in splits_of(measure):
        raise ValueError(f"{measure.key} cannot be broken down by {by}")
    spreads = kept_spreads(connection, measure, scene, by, narrowed)
    if spreads is None:
        spreads = counted_spreads(connection, measure, scene, by, narrowed)
    labels = labels_of(connection, scene, by)
    parts = [
        Part(key, labels.get(key, key), _figure(measure, scene, spread)) for key, spread in spreads.items()
    ]
    return sorted(parts, key=lambda part: (-size_of(part), part.label))


def counted_spreads(
    connection: Connection, measure: Measure, scene: Scene, by: str, narrowed: Narrowed = EVERYWHERE
) -> Spreads:
    """The parts as the whole history says them, whatever is kept."""
    spreads: Spreads = {}
    for keys, value, times in connection.execute(_grouped(measure, scene, by, narrowed)):
        for key in parts_of(keys):
            spreads.setdefault(key, Counter())[int(value)] += int(times)
    return spreads


def _grouped(measure: Measure, scene: Scene, by: str, narrowed: Narrowed) -> Any:
    rows = counted_rows(measure, scene, narrowed).cte()
    key = _column(rows, by).label("key")
    statement = select(key, rows.c.value, func.count()).select_from(rows).where(rows.c.span == 0)
    if by in OF_CONTACTS:
        statement = statement.outerjoin(Contact, Contact.case_id == rows.c.case_id)
    if by == "locality":
        statement = statement.outerjoin(Team, Team.id == rows.c.team_id)
    if by == "agency":
        statement = statement.outerjoin(User, User.id == rows.c.lead_professional_id)
    return statement.group_by(key, rows.c.value)


def _column(rows: Any, by: str) -> Any:
    columns = {
        **OF_CONTACTS,
        "team": rows.c.team_id,
        "worker": rows.c.lead_professional_id,
        "locality": Team.locality,
        "agency": User.agency_id,
    }
    if by == "disabled":
        return children_with_disabilities(rows)
    return columns[by] if by in columns else rows.c[by]


def _figure(measure: Measure, scene: Scene, spread: Counter[int]) -> Figure:
    total, added, span = spread.total(), sum(value * times for value, times in spread.items()), scene.spans[0]
    value = value_of(measure, scene, span=span, added=added, total=total, spread=spread)
    if measure.kind == "count":
        return Figure(measure, span, value, total, None)
    return Figure(measure, span, value, max(spread) if measure.kind == "longest" else added, total, spread)


def size_of(part: Part) -> float:
    """How many rows the part counts."""
    figure = part.figure
    return figure.denominator if figure.denominator is not None else figure.numerator


def labels_of(connection: Connection, scene: Scene, by: str) -> dict[str, str]:
    """The words for each part by its key, as far as a key is not its own words."""
    nobody = {"": NOBODY}
    if by in NAMED:
        rows = connection.execute(select(NAMED[by].id, NAMED[by].name)).all()
        return nobody | {str(id_): name for id_, name in rows}
    if by in CODES:
        entries = select(CodeEntry.code, CodeEntry.label).where(CodeEntry.code_list == by)
        return nobody | {row.code: row.label for row in connection.execute(entries)}
    if by == "outcome":
        return nobody | {"agreement_withdrawn": "Agreement withdrawn"} | scene.kinds.outcome_titles()
    if by == "domain":
        return nobody | {
            name: title.removeprefix("Score: ").capitalize()
            for name, title in scene.kinds.score_titles().items()
        }
    if by == "disabled":
        return {"1": "Yes", "0": "No"}
    if by == "state_kind":
        return {kind: kind.replace("_", " ").capitalize() for kind in _kinds(scene)}
    return nobody


def _kinds(scene: Scene) -> set[str]:
    return {state.kind for pathway in scene.kinds.pathways.values() for state in pathway.states.values()}
