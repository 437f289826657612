"""Which cases stand behind a figure that is kept, out of what is kept.

How many there are is added up already, and lists name the cases: a page of them costs the same in any council.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, select

from earlyhelp.insight.measures.kept import WHOLE, Kept, kept_now, kept_of_figure, read_times
from earlyhelp.insight.measures.kept_cases import Counted
from earlyhelp.insight.measures.kept_lists import figure_lists, read_lists, team_list, worker_list
from earlyhelp.insight.measures.kept_rules import PLACES
from earlyhelp.insight.measures.kept_times import TOGETHER
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.parts import as_id
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.sought import Sought
from earlyhelp.insight.measures.told import NOTHING_TOLD, OF_CONTACTS, told_of
from earlyhelp.near import near_ever
from earlyhelp.permissions import Person, ids_kept_from, sees_all, visible_cases
from earlyhelp.records.cases import Case

FEW = 32
"""Lists of more teams or workers than this name most cases."""
AT_FIRST, MORE, AT_MOST = 64, 8, 16_384
"""Cases looked through at once for those of a part that has no list; how many times as many then, and at most."""
ALL_AT_MOST = 5_000
"""Cases added up one by one, a month of the largest team many times over; more are counted from the history."""


class KeptPage(NamedTuple):
    """How many rows were counted, how many of them the reader may open, and the cases of one page of these."""

    total: int
    visible: int
    cases: tuple[int, ...]


def kept_page(
    connection: Connection,
    sought: Sought,
    measure: Measure,
    scene: Scene,
    person: Person,
    *,
    first: int,
    rows: int,
) -> KeptPage | None:
    """The cases from `first` on, in order of id, until they have so many rows, not counting those of `first` itself.

    None where nothing is kept that holds now: the history is to be asked.
    """
    kept = kept_now(connection, [measure], scene.over(scene.spans[:1]))
    times = read_times(connection, kept, sought.wanted, sought.of_parts) if kept else None
    if kept is None or times is None:
        return None
    behind = _Behind(connection, sought, kept, PLACES[measure.key])
    total = whole = sought.total(times)
    if sought.split in OF_CONTACTS:
        of_all = read_times(connection, kept, WHOLE, TOGETHER)
        whole = sought.whole.total(of_all or {})
    if sees_all(person):
        hidden = ids_kept_from(connection, person)
        visible = total - behind.rows(hidden, whole=whole)
        seen = (case for case in behind.onwards(first) if case not in hidden)
    else:
        seen_by = select(Case.id).where(near_ever(person, Case.id), visible_cases(person))
        theirs = behind.those(connection.scalars(seen_by))
        visible = behind.rows(theirs, whole=whole)
        seen = (case for case in theirs if case >= first)
    page = KeptPage(total, visible, behind.page(seen, first, min(rows, visible)))
    return page if kept.holds(connection) else None


def cases_behind(
    connection: Connection, sought: Sought, measure: Measure, scene: Scene, before: Kept | None
) -> Sequence[Counted] | None:
    """What each case behind the scene's first figure counts for in it; None where that is not kept, or too many do."""
    kept = kept_now(connection, [measure], scene.over(scene.spans[:1]), before)
    if kept is None:
        return None
    behind = _Behind(connection, sought, kept, PLACES[measure.key])
    cases = tuple(islice(behind.onwards(0), ALL_AT_MOST + 1))
    if len(cases) > ALL_AT_MOST:
        return None
    found = tuple(kept.today(counted) for counted in behind.counted(cases).values())
    return found if kept.holds(connection) else None


class _Behind:
    """The cases behind a figure: those that lists name, and those that count since."""

    def __init__(self, connection: Connection, sought: Sought, kept: Kept, measure: int) -> None:
        (self.month,) = kept.months
        self.connection, self.sought, self.measure = connection, sought, measure
        self.since = kept.since
        self.listed = read_lists(connection, figure_lists(measure, self.month, ones=sought.ones))
        of_parts = lists_of_parts(sought)
        self.of_parts = read_lists(connection, of_parts) if of_parts else None

    def onwards(self, first: int) -> Iterator[int]:
        """Cases that may be among it, from this one on."""
        if self.of_parts is not None:
            theirs = self.of_parts.onwards(first)
            return iter(self.those((*theirs, *(case for case in self.since if case >= first))))
        listed = (case for case in self.listed.onwards(first) if case not in self.since)
        return merge(listed, sorted(case for case in self.since if case >= first))

    def those(self, cases: Iterable[int]) -> Sequence[int]:
        """Those of these cases that may be among it, in order."""
        asked = set(cases)
        theirs = asked if self.of_parts is None else self.of_parts.holding(asked)
        return sorted((self.listed.holding(theirs) - self.since.keys()) | (asked & self.since.keys()))

    def rows(self, cases: Collection[int], *, whole: int) -> int:
        """How many of the rows sought are of these cases, which may not all be among it. The figure has so many rows,
        of whatever part."""
        asked = frozenset(cases)
        if not self._has_one_row_for_each(whole):
            return sum(self.rows_of_each(self.those(asked)).values())
        named = _told(self.connection, self.sought, tuple(self.listed.naming(asked - self.since.keys())))
        return len(named) + sum(self.sought.rows_of(one) for case, one in self.since.items() if case in asked)

    def _has_one_row_for_each(self, whole: int) -> bool:
        """Whether no list names a case for more than one row: then there are as many rows as names."""
        if self.sought.split not in {"", *OF_CONTACTS}:
            return False
        named = self.listed.names - sum(1 for _ in self.listed.naming(self.since))
        return whole - sum(map(self.sought.whole.rows_of, self.since.values())) == named

    def page(self, cases: Iterator[int], first: int, rows: int) -> tuple[int, ...]:
        """Those that have so many rows beside `first`: no more than there are, or all cases are looked through."""
        found: list[int] = []
        at_once = AT_FIRST
        while rows > 0 and (some := tuple(islice(cases, at_once))):
            rows_of_each = self.rows_of_each(some)
            for case in some:
                times = rows_of_each.get(case, 0) if rows > 0 else 0
                if times:
                    found.append(case)
                    rows -= times if case > first else 0
            at_once = min(at_once * MORE, AT_MOST)
        return tuple(found)

    def rows_of_each(self, cases: Sequence[int]) -> Mapping[int, int]:
        """By case, of those of which anything is known."""
        told = [self.sought.split] if self.sought.split in OF_CONTACTS else []
        return {case: self.sought.rows_of(one) for case, one in self.counted(cases, told).items()}

    def counted(
        self, cases: Sequence[int], told_by: Sequence[str] = tuple(OF_CONTACTS)
    ) -> Mapping[int, Counted]:
        """What they count for in the figure, with what was told of them: those alone that this does not leave out."""
        earlier = self._earlier(cases)
        told = told_of(self.connection, earlier, told_by) if told_by else dict.fromkeys(earlier, NOTHING_TOLD)
        if self.sought.split in OF_CONTACTS:
            told = {case: said for case, said in told.items() if self.sought.is_told(said)}
        kept = kept_of_figure(self.connection, tuple(told), measure=self.measure, month=self.month)
        return {case: Counted(told[case], one.cells) for case, one in kept.items()} | self._since(cases)

    def _earlier(self, cases: Sequence[int]) -> Sequence[int]:
        return [case for case in cases if case not in self.since]

    def _since(self, cases: Sequence[int]) -> dict[int, Counted]:
        return {case: self.since[case] for case in cases if case in self.since}


def _told(connection: Connection, sought: Sought, cases: Sequence[int]) -> Sequence[int]:
    """Those of these cases, as often as they are named, of which was told what is sought."""
    if sought.split not in OF_CONTACTS:
        return cases
    told = told_of(connection, sorted({*cases}), [sought.split])
    return [case for case in cases if sought.is_told(told[case])]


def lists_of_parts(sought: Sought) -> Sequence[int]:
    """The lists of the teams or workers sought, where they are few."""
    list_of = {"team": team_list, "worker": worker_list}.get(sought.split)
    if list_of is None or sought.is_of_nobody or len(sought.parts) > FEW:
        return ()
    return [list_of(as_id(part)) for part in sought.parts]
