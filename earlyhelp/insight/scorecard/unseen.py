"""Small figures in which a restricted record counts that the reader may not see.

Beside the cases that they do see, such a number would tell that there is another. Large ones tell nothing of one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, case as when, func, select

from earlyhelp.insight.measures.counting import alike, counts_of, rows_of
from earlyhelp.insight.measures.figures import Figure, covered
from earlyhelp.insight.measures.kept import Kept
from earlyhelp.insight.measures.kept_few import few_count_in
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.insight.measures.splits import Breakdown
from earlyhelp.insight.measures.touched import with_relatives
from earlyhelp.insight.scorecard.contents import Scorecard
from earlyhelp.insight.scorecard.suppression import are_few, cells_of, is_small, without
from earlyhelp.permissions import Person, ids_kept_from


def card_seen_by(connection: Connection, card: Scorecard, person: Person) -> Scorecard:
    """The scorecard without figures that would tell this person of a record that is kept from them."""
    shown = [figure for row in card.rows for figure in cells_of(row).values()]
    telling = _telling(connection, shown, card.scene, card.asked.narrowed, person, card.kept)
    if not telling:
        return card
    few: dict[str, set[Span]] = {}
    for figure in telling:
        few.setdefault(figure.measure.key, set()).add(figure.span)
    rates = {row.measure.key: row for row in card.rows if row.measure.kind == "rate"}
    # Two months of what adds up over the year give away a third.
    return without(card, {key: set(cells_of(rates[key])) if key in rates else few[key] for key in few})


def figures_seen_by(
    connection: Connection,
    figures: Sequence[Figure],
    scene: Scene,
    narrowed: Narrowed = EVERYWHERE,
    *,
    person: Person,
) -> list[Figure]:
    """The same figures, those kept back that would tell this person of a record that is kept from them."""
    telling = _telling(connection, figures, scene, narrowed, person)
    return [covered(figure) if figure in telling else figure for figure in figures]


def parts_seen_by(
    connection: Connection,
    parts: Breakdown,
    scene: Scene,
    narrowed: Narrowed,
    *,
    person: Person,
    kept: Kept | None = None,
) -> Breakdown:
    """The parts of one figure. With a record in it that is kept from this person no small part is told, nor one alone
    left out, which the whole less the others would give away."""
    small = _small(parts)
    if not small or not _counting(connection, [parts.figure(min(small))], scene, narrowed, person, kept):
        return parts
    others = parts.spreads.keys() - small
    hidden = small | {parts.smallest(others)} if others and len(small) == 1 else small
    return replace(parts, hidden=frozenset(hidden))


def _small(parts: Breakdown) -> set[str]:
    """Parts that are `is_small`, by what it looks at: of a share also how many ones and noughts were counted."""
    few = set(filter(are_few, set(parts.sizes.values())))
    small = {key for key, size in parts.sizes.items() if size in few}
    if parts.measure.kind == "share":
        small |= {key for key, spread in parts.spreads.items() if any(map(are_few, spread.values()))}
    return small


def _telling(
    connection: Connection,
    figures: Iterable[Figure],
    scene: Scene,
    narrowed: Narrowed,
    person: Person,
    before: Kept | None = None,
) -> list[Figure]:
    small = [figure for figure in figures if is_small(figure)]
    return _counting(connection, small, scene, narrowed, person, before) if small else []


def _counting(
    connection: Connection,
    figures: Sequence[Figure],
    scene: Scene,
    narrowed: Narrowed,
    person: Person,
    before: Kept | None,
) -> list[Figure]:
    """Those of these figures in which something counts that is kept from this person."""
    cases = tuple(ids_kept_from(connection, person))
    if not cases:
        return []
    asked = {(figure.measure.key, figure.span): (figure.measure, figure.span) for figure in figures}
    kept = few_count_in(connection, tuple(asked.values()), scene, narrowed, cases, before)
    rest = [figure for figure in figures if (figure.measure.key, figure.span) not in kept]
    found = [figure for figure in figures if kept.get((figure.measure.key, figure.span))]
    return found + _counting_in_history(connection, rest, scene, narrowed, cases)


def _counting_in_history(
    connection: Connection,
    figures: Sequence[Figure],
    scene: Scene,
    narrowed: Narrowed,
    cases: tuple[int, ...],
) -> list[Figure]:
    if not figures:
        return []
    around = replace(scene, known=replace(scene.known, cases=with_relatives(connection, cases)))
    found: list[Figure] = []
    for group in alike({figure.measure.key: figure.measure for figure in figures}.values()):
        keys = {measure.key for measure in group}
        asked = [figure for figure in figures if figure.measure.key in keys]
        spans = tuple(dict.fromkeys(figure.span for figure in asked))
        rows = rows_of(group[0], around.over(spans), narrowed, only=cases).cte()
        sums = [func.sum(when((counts_of(measure, rows), 1), else_=0)) for measure in group]
        told = {
            (measure.key, spans[number])
            for number, *times in connection.execute(select(rows.c.span, *sums).group_by(rows.c.span))
            for measure, counted in zip(group, times, strict=True)
            if counted
        }
        found += [figure for figure in asked if (figure.measure.key, figure.span) in told]
    return found
