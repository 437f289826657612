"""A figure broken down: by who told us, by team, by end measure, by domain."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from earlyhelp.insight.measures.children import children_with_disabilities
from earlyhelp.insight.measures.figures import Figure, counted_rows, covered, figure_of
from earlyhelp.insight.measures.kept import Kept
from earlyhelp.insight.measures.kept_splits import Spreads, kept_spreads
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.parts import as_id
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.told import OF_CONTACTS, parts_of
from earlyhelp.records.among import among
from earlyhelp.records.cases import Contact
from earlyhelp.records.organisation import Agency, Team, User
from earlyhelp.records.prepared import Query
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
NAMED: Mapping[str, Query] = {
    by: Query(select(of.id, of.name).where(among(of.id, (), called="ids")))
    for by, of in (("team", Team), ("agency", Agency), ("worker", User))
}
"""Names of parts that are people and places, told apart by id: two may be called alike."""
CODES = ("source", "channel", "presenting_need")
NOBODY = "None recorded"


class Part(NamedTuple):
    """One part of a figure. `key` is the code, id or name that it was broken down by, empty where there is none."""

    key: str
    label: str
    figure: Figure


@dataclass(frozen=True)
class Breakdown:
    """A figure in parts. There may be a thousand: words and values are found for those that are looked at."""

    measure: Measure
    scene: Scene
    spreads: Spreads
    labels: Callable[[Collection[str]], Mapping[str, str]]
    """The words for parts by their keys, as far as a key is not its own words."""
    hidden: frozenset[str] = frozenset()
    """Parts kept back."""

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """How many rows each part counts."""
        return {key: sum(spread.values()) for key, spread in self.spreads.items()}

    def __len__(self) -> int:
        return len(self.spreads)

    def __iter__(self) -> Iterator[Part]:
        return iter(self.largest())

    def largest(self, count: int | None = None) -> Sequence[Part]:
        """All parts or so many, the largest first, then by their words."""
        of_size = sorted(self.sizes.values(), reverse=True)[:count]
        keys = [key for key, size in self.sizes.items() if size >= of_size[-1]] if of_size else []
        return [Part(key, label, self.figure(key)) for label, key in self._in_order(keys)[:count]]

    def smallest(self, keys: Collection[str]) -> str:
        """Of some parts the smallest; of several the first by its words."""
        size = min(self.sizes[key] for key in keys)
        _, key = self._in_order([key for key in keys if self.sizes[key] == size])[0]
        return key

    def _in_order(self, keys: Collection[str]) -> list[tuple[str, str]]:
        """The words and keys of parts; of several that are alike, by their keys."""
        labels = self.labels(keys)
        named = [(labels.get(key, key), key) for key in keys]
        return sorted(named, key=lambda part: (-self.sizes[part[1]], part))

    def figure(self, key: str) -> Figure:
        """The figure of one part."""
        spread, total = self.spreads[key], self.sizes[key]
        added = sum(value * times for value, times in spread.items())
        span = self.scene.spans[0]
        found = figure_of(self.measure, self.scene, span, added=added, total=total, spread=spread)
        return covered(found) if key in self.hidden else found


def splits_of(measure: Measure) -> tuple[str, ...]:
    """What this measure can be broken down by. A rate has one population, and a caseload its own page."""
    return (
        ()
        if measure.kind in {"rate", "per_fte"}
        else (*measure.splits, *(s for s in ANYWHERE if s not in measure.splits))
    )


def broken_down(
    connection: Connection,
    measure: Measure,
    scene: Scene,
    by: str,
    narrowed: Narrowed = EVERYWHERE,
    kept: Kept | None = None,
) -> Breakdown:
    """The figure for the scene's first span in parts. ValueError if it has no such parts.

    A contact with several presenting needs is in several parts: they add up to more than the whole.
    """
    if by not in splits_of(measure):
        raise ValueError(f"{measure.key} cannot be broken down by {by}")
    spreads = kept_spreads(connection, measure, scene, by, narrowed, kept)
    if spreads is None:
        spreads = counted_spreads(connection, measure, scene, by, narrowed)
    return Breakdown(measure, scene, spreads, partial(labels_of, connection, scene, by))


def counted_spreads(
    connection: Connection, measure: Measure, scene: Scene, by: str, narrowed: Narrowed = EVERYWHERE
) -> Spreads:
    """The parts as the whole history says them, whatever is kept."""
    spreads: dict[str, Counter[int]] = {}
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


def labels_of(connection: Connection, scene: Scene, by: str, keys: Collection[str]) -> dict[str, str]:
    """The words for parts by their keys, as far as a key is not its own words."""
    nobody = {"": NOBODY}
    if by in NAMED:
        named = NAMED[by].rows(connection, ids=[as_id(key) for key in keys if key])
        return nobody | {str(row.id): row.name for row in named}
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
