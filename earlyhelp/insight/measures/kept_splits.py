"""A figure in parts, out of what is kept of each part, or of each case."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.insight.measures.kept import APART, WHOLE, read_kept, split_of, wanted_of
from earlyhelp.insight.measures.kept_behind import cases_behind
from earlyhelp.insight.measures.kept_rules import PLACES, is_kept_by
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.sought import parts_of_cell, sought_of
from earlyhelp.insight.measures.told import OF_CONTACTS
from earlyhelp.records.organisation import Team, User

Spreads = dict[str, Counter[int]]
"""How often each value was counted, by part; the part of those that belong to none has no name."""

_MADE_OF = {"locality": "team", "agency": "worker"}
"""Splits whose parts are made of whole parts of another."""


def is_at_hand(measure: Measure, by: str, narrowed: Narrowed) -> bool:
    """Whether a figure in these parts is told at once: they are kept, or little to count.

    Of a team, who told us of its cases is not added up.
    """
    if measure.key not in PLACES:
        return True
    split, within = _MADE_OF.get(by, by), split_of(narrowed)
    if within == "":
        return is_kept_by(measure, split)
    return split == within


def kept_spreads(
    connection: Connection, measure: Measure, scene: Scene, by: str, narrowed: Narrowed
) -> Spreads | None:
    """The figure for the scene's first span in parts; None where that is not kept, or does not hold now."""
    if measure.key not in PLACES:
        return None
    if not is_at_hand(measure, by, narrowed):
        return _added_up(connection, measure, scene, by, narrowed)
    split = {_MADE_OF.get(by, by): None}
    wanted = WHOLE | split if narrowed.is_everywhere else wanted_of(connection, narrowed)
    kept = read_kept(connection, [measure], scene.over(scene.spans[:1]), wanted, APART)
    if kept is None:
        return None
    spreads: Spreads = defaultdict(Counter)
    others: Counter[int] = Counter()
    for (_, of_split, _, part, value), times in kept.times.items():
        # A value that is counted no time any more stays kept as that: it must not be the longest wait of a team.
        if of_split and times:
            spreads[part][value] = times
        others[value] += -times if of_split else times
    if narrowed.is_everywhere and by not in OF_CONTACTS and (nobodys := +others):
        spreads[""] = nobodys
    return _together(connection, spreads, by)


def _added_up(
    connection: Connection, measure: Measure, scene: Scene, by: str, narrowed: Narrowed
) -> Spreads | None:
    """Of a team or worker, case by case out of what is kept of each."""
    sought, split = sought_of(connection, measure, narrowed, None, ones=False), _MADE_OF.get(by, by)
    if sought is None or not is_kept_by(measure, split):
        return None
    cases = cases_behind(connection, sought, measure, scene)
    if cases is None:
        return None
    spreads: Spreads = defaultdict(Counter)
    for told, cells in cases:
        for cell, times in cells.items():
            if sought.has(cell, told):
                for part in parts_of_cell(split, cell, told):
                    spreads[part][cell[-1]] += times
    return _together(connection, spreads, by)


def _together(connection: Connection, spreads: Spreads, by: str) -> Spreads:
    """Teams by locality, workers by agency; all else as it is."""
    if by not in _MADE_OF:
        return spreads
    column: Any = Team.locality if by == "locality" else User.agency_id
    rows = connection.execute(select(column.class_.id, column)).all()
    belongs: Mapping[str, Any] = {str(id_): to for id_, to in rows}
    found: Spreads = defaultdict(Counter)
    for part, spread in spreads.items():
        to = belongs.get(part)
        found["" if to is None else str(to)].update(spread)
    return found
