"""Lists of the cases behind what is kept: who looks at one page of a figure's cases need not find all of them.

There is a list for each measure, month and, of a share, value; and one for every team and worker that something counts
for.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from earlyhelp.insight.measures.kept_cases import NOTHING, Counted
from earlyhelp.insight.measures.kept_rules import KEPT, WIDTHS
from earlyhelp.records.kept_figures import KeptList, small_numbers
from earlyhelp.records.prepared import read_rows

BLOCKS = 2**20
"""How many blocks a list has room for."""
LOOKS = 8
"""Numbers that take as long to read one after the other as one takes to be looked up among hundreds."""
_FIGURE, _TEAM, _WORKER = range(len(WIDTHS))
_VALUES, _MONTHS = 2, 32


def figure_lists(measure: int, month: int, *, ones: bool = False) -> tuple[int, ...]:
    """The lists of what a measure counts in a month, both by their place; of a share, or only of its numerator."""
    values = range(_VALUES) if _is_share(measure) else range(1)
    return tuple(_of_figure(measure, month, value) for value in values if value or not ones)


def team_list(team_id: int) -> int:
    return team_id * len(WIDTHS) + _TEAM


def worker_list(user_id: int) -> int:
    return user_id * len(WIDTHS) + _WORKER


def _of_figure(measure: int, month: int, value: int) -> int:
    return ((measure * _MONTHS + month) * _VALUES + value) * len(WIDTHS) + _FIGURE


def _is_share(measure: int) -> bool:
    return KEPT[measure].kind == "share"


def lists_naming(counted: Counted) -> frozenset[int]:
    """The lists that a case belongs to for what it counts."""
    found = set()
    for measure, month, team, worker, _own, value in counted.cells:
        found.add(_of_figure(measure, month, value if _is_share(measure) else 0))
        if team is not None:
            found.add(team_list(team))
        if worker is not None:
            found.add(worker_list(worker))
    return frozenset(found)


def relisted(now: Mapping[int, Counted], before: Mapping[int, Counted]) -> dict[int, set[int]]:
    """By the place of each block, which of its numbers come or go."""
    places: defaultdict[int, set[int]] = defaultdict(set)
    for case in now.keys() | before.keys():
        was, is_now = lists_naming(before.get(case, NOTHING)), lists_naming(now.get(case, NOTHING))
        for list_ in was ^ is_now:
            block, number = divmod(case, WIDTHS[list_ % len(WIDTHS)])
            places[list_ * BLOCKS + block].add(number)
    return places


class CaseLists:
    """The cases of some lists together."""

    def __init__(self, width: int, lists: int, blocks: Mapping[int, Sequence[Sequence[int]]]) -> None:
        self.width = width
        self.lists = lists
        self.blocks = blocks

    def onwards(self, first: int = 0) -> Iterator[int]:
        """Those from this case on, in order."""
        for block in sorted(self.blocks):
            if block >= first // self.width:
                yield from (case for case in sorted(self._of(block)) if case >= first)

    def holding(self, cases: Iterable[int]) -> set[int]:
        """Those of these cases that are named."""
        return set(self.naming(cases))

    def naming(self, cases: Iterable[int]) -> Iterator[int]:
        """The same, once for each list that names one."""
        by_block: defaultdict[int, set[int]] = defaultdict(set)
        width = self.width
        for case in cases:
            by_block[case // width].add(case % width)
        for block, numbers in by_block.items():
            for named in self.blocks.get(block, ()):
                for number in _among(numbers, named):
                    yield block * width + number

    @property
    def names(self) -> int:
        """How many cases the lists name, one that several name as often."""
        return sum(len(named) for of_block in self.blocks.values() for named in of_block)

    def _of(self, block: int) -> set[int]:
        first = block * self.width
        return {first + number for cases in self.blocks.get(block, ()) for number in cases}


def _among(numbers: set[int], named: Sequence[int]) -> Collection[int]:
    """Those of some numbers that are among others in order. Where they are few, most of these are not looked at."""
    if len(numbers) * LOOKS > len(named):
        return numbers.intersection(named)
    last = len(named)
    return [n for n in numbers if (place := bisect_left(named, n)) < last and named[place] == n]


def read_lists(connection: Connection, lists: Sequence[int]) -> CaseLists:
    """These lists together, all of one kind."""
    ends: dict[str, int] = {}
    for n, each in enumerate(lists):
        ends |= {f"first_{n}": each * BLOCKS, f"last_{n}": (each + 1) * BLOCKS - 1}
    blocks: defaultdict[int, list[Sequence[int]]] = defaultdict(list)
    for place, cases in read_rows(connection, _blocks_of(len(lists)), ends, of_bytes=True):
        blocks[place % BLOCKS].append(small_numbers(cases))
    return CaseLists(WIDTHS[lists[0] % len(WIDTHS)], len(lists), blocks)


@cache
def _blocks_of(lists: int) -> Any:
    """The blocks of so many lists: in a council of a million cases each has hundreds."""
    within = (KeptList.place.between(bindparam(f"first_{n}"), bindparam(f"last_{n}")) for n in range(lists))
    return select(KeptList.place, KeptList.cases).where(or_(*within))
