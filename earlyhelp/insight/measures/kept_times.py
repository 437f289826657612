"""How often measures counted each value, as it was kept last: of the whole council, or of parts of a split."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, String, bindparam, func, literal, select

from earlyhelp.insight.measures.kept_cases import Amount
from earlyhelp.insight.measures.kept_groups import Members
from earlyhelp.records.among import among
from earlyhelp.records.kept_figures import KeptAmount
from earlyhelp.records.prepared import read_rows

Wanted = Mapping[str, frozenset[str] | None]
"""The parts wanted of each split, None for all of them."""


def _times(part: Any, times: Any) -> Select[Any]:
    amount = (KeptAmount.measure, KeptAmount.month, part.label("part"), KeptAmount.value)
    return select(*amount, times.label("times")).where(
        among(KeptAmount.measure, (), called="measures"),
        KeptAmount.split == bindparam("split"),
        among(KeptAmount.month, (), called="months"),
    )


class Parts(NamedTuple):
    """How parts that are wanted are read: all of a split, or those named."""

    all: Select[Any]
    named: Select[Any]

    @classmethod
    def by(cls, times: Select[Any]) -> "Parts":
        return cls(times, times.where(among(KeptAmount.part, (), called="parts")))


APART = Parts.by(_times(KeptAmount.part, KeptAmount.times))
TOGETHER = Parts.by(
    _times(literal("", String), func.sum(KeptAmount.times)).group_by(
        KeptAmount.measure, KeptAmount.month, KeptAmount.value
    )
)
"""Hundreds of teams of a locality are added up where they lie."""


def times_kept(
    connection: Connection,
    measures: Collection[int],
    months: Collection[int],
    wanted: Wanted,
    parts: Parts,
) -> Counter[Amount]:
    """By their places, of what is wanted, each part by itself or without a name."""
    times: dict[Amount, int] = {}
    for split, named in wanted.items():
        asked: dict[str, Any] = {"measures": sorted(measures), "months": sorted(months), "split": split}
        rows: Iterable[Sequence[Any]]
        if named is None:
            rows = read_rows(connection, parts.all, asked)
        elif isinstance(named, Members) and parts is TOGETHER:
            rows = connection.execute(_of_members(named, measures, months)).all()
        else:
            rows = read_rows(connection, parts.named, asked | {"parts": sorted(named)})
        times.update({(measure, split, month, part, value): n for measure, month, part, value, n in rows})
    return Counter(times)


def _of_members(members: Members, measures: Collection[int], months: Collection[int]) -> Select[Any]:
    place: Sequence[Any] = (KeptAmount.measure, KeptAmount.month, literal("", String), KeptAmount.value)
    rows: Select[Any] = select(*place, func.sum(members.times)).where(
        KeptAmount.measure.in_(sorted(measures)), KeptAmount.month.in_(sorted(months)), members.rows
    )
    return rows.group_by(*place)
