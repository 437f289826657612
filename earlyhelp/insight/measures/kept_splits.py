"""A figure in parts, out of what is kept of each part, or of each case."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, select

from earlyhelp.insight.measures.kept import WHOLE, Kept, kept_now, read_times, split_of, wanted_of
from earlyhelp.insight.measures.kept_behind import cases_behind
from earlyhelp.insight.measures.kept_rules import PLACES, is_kept_by
from earlyhelp.insight.measures.kept_times import APART
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.sought import parts_of_cell, sought_of
from earlyhelp.insight.measures.told import OF_CONTACTS
from earlyhelp.records.kept_figures import GROUPS
from earlyhelp.records.prepared import read_rows

Spreads = Mapping[str, Mapping[int, int]]
"""How often each value was counted, by part; the part of those that belong to none has no name."""

_MADE_OF = {by: group.members for by, group in GROUPS.items()}
"""Splits whose parts are made of whole parts of another."""
_BELONGING = {by: select(group.id, group.of) for by, group in GROUPS.items()}


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
    connection: Connection,
    measure: Measure,
    scene: Scene,
    by: str,
    narrowed: Narrowed,
    before: Kept | None = None,
) -> Spreads | None:
    """The figure for the scene's first span in parts; None where that is not kept, or does not hold now."""
    if measure.key not in PLACES:
        return None
    if not is_at_hand(measure, by, narrowed):
        return _added_up(connection, measure, scene, by, narrowed, before)
    split = {_MADE_OF.get(by, by): None}
    wanted = WHOLE | split if narrowed.is_everywhere else wanted_of(connection, narrowed)
    kept = kept_now(connection, [measure], scene.over(scene.spans[:1]), before)
    times = read_times(connection, kept, wanted, APART) if kept else None
    if times is None:
        return None
    spreads: dict[str, dict[int, int]] = defaultdict(dict)
    others: Counter[int] = Counter()
    for (_, of_split, _, part, value), count in times.items():
        if not of_split:
            others[value] += count
        # A value that is counted no time any more stays kept as that: it must not be the longest wait of a team.
        elif count:
            spreads[part][value] = count
            others[value] -= count
    if narrowed.is_everywhere and by not in OF_CONTACTS and (nobodys := +others):
        spreads[""] = nobodys
    return _together(connection, spreads, by)


def _added_up(
    connection: Connection,
    measure: Measure,
    scene: Scene,
    by: str,
    narrowed: Narrowed,
    before: Kept | None,
) -> Spreads | None:
    """Of a team or worker, case by case out of what is kept of each."""
    sought, split = sought_of(connection, measure, narrowed, None, ones=False), _MADE_OF.get(by, by)
    if sought is None or not is_kept_by(measure, split):
        return None
    cases = cases_behind(connection, sought, measure, scene, before)
    if cases is None:
        return None
    spreads: dict[str, Counter[int]] = defaultdict(Counter)
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
    belongs = {str(id_): to for id_, to in read_rows(connection, _BELONGING[by], {})}
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for part, spread in spreads.items():
        to = belongs.get(part)
        found["" if to is None else str(to)].update(spread)
    return found
