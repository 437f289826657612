"""What is kept, and by which rules: which measures and months, and everything but the history that they depend on."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Dialect, bindparam, cast, func, select

from earlyhelp.insight.measures.asking import last_full_month, month_of, months_to
from earlyhelp.insight.measures.counting import alike, rows_of, since_april
from earlyhelp.insight.measures.definitions import LIST
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.said import feedback
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.insight.measures.told import OF_CONTACTS
from earlyhelp.records.cases import CalendarDay
from earlyhelp.records.organisation import Agency, User
from earlyhelp.records.prepared import read_rows
from earlyhelp.records.retention import RetentionRun

KEPT: Sequence[Measure] = tuple(measure for measure in LIST if measure.rows is not feedback)
"""Feedback is little, and some of it belongs to no case: it is counted each time."""
PLACES = {measure.key: place for place, measure in enumerate(KEPT)}
WAITING = frozenset(PLACES[measure.key] for measure in KEPT if measure.waits)
"""Those whose value grows with every working day."""
SPLITS = ("team", "worker", "source")
"""In which parts every measure is kept."""
_OF_ROWS = ("outcome", "domain", "state_kind", "disabled")
"""Splits of a row. Whether a child has a disability changes without an event, but only where records are merged."""

WIDTHS = (2_048, 65_536, 65_536)
"""How many case numbers one block of a list is for: of a figure, which has many cases; of a team; of a worker."""


_PARTNERS = (
    select(User.id)
    .join(Agency, Agency.id == User.agency_id)
    .where(Agency.kind != "council", User.id <= bindparam("users_to"))
)
"""In no order: for one, PostgreSQL would go through an index of all staff."""


def own_split(measure: Measure) -> str | None:
    """What this measure is kept in parts of, besides teams, workers and sources."""
    return next((split for split in measure.splits if split in _OF_ROWS), None)


OWN_SPLITS = tuple(own_split(measure) for measure in KEPT)
TOLD_SPLITS = tuple(
    tuple(split for split in OF_CONTACTS if split in {*SPLITS, *measure.splits}) for measure in KEPT
)
"""In which parts each is kept by what its case's contact says."""


def is_kept_by(measure: Measure, split: str) -> bool:
    """Whether a measure is kept in these parts."""
    place = PLACES[measure.key]
    return split in (*SPLITS, OWN_SPLITS[place], *TOLD_SPLITS[place])


class Rules(NamedTuple):
    """What to keep from now on. `digest` changes with anything that would change figures of the past."""

    last_day: date
    users_to: int
    digest: str


def spans_kept(last_day: date) -> tuple[Span, ...]:
    """What scorecards show: thirteen months up to a month's last day and the year since April; then the month after,
    which is under way, and the year until its end."""
    under_way = end_under_way(last_day)
    spans = (*months_to(last_day), since_april(last_day), month_of(under_way), since_april(under_way))
    return tuple(dict.fromkeys(spans))


def end_under_way(last_day: date) -> date:
    """The last day of the month after."""
    return month_of(last_day + timedelta(days=1)).last


def rules_of_today(connection: Connection, scene: Scene) -> Rules:
    """The rules for what would be made anew now."""
    last_day = last_full_month(scene.today).last
    users_to = connection.scalar(select(func.coalesce(func.max(User.id), 0))) or 0
    return Rules(last_day, users_to, digest(connection, scene, last_day=last_day, users_to=users_to))


def digest(connection: Connection, scene: Scene, *, last_day: date, users_to: int) -> str:
    """Of all that figures depend on besides what is recorded of cases."""
    days = select(func.count(), func.sum(cast(CalendarDay.working_number, BigInteger) * CalendarDay.number))
    content = [
        [f"{span.first} {span.last}" for span in spans_kept(last_day)],
        sorted(scene.kinds.pathways),
        scene.numbers.assessment_days_from_contact,
        [list(row) for row in connection.execute(days)],
        sorted(partner for (partner,) in read_rows(connection, _PARTNERS, {"users_to": users_to})),
        connection.scalar(select(func.max(RetentionRun.id))),
        _definitions(_Counted(scene, tuple(sorted(scene.kinds.pathways))), connection.dialect),
    ]
    return hashlib.sha256(json.dumps(content, default=int).encode()).hexdigest()


@dataclass(frozen=True)
class _Counted:
    """A scene by its pathways alone: of the rest, the text of a query says nothing."""

    scene: Any
    pathways: tuple[int, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Counted) and other.pathways == self.pathways

    def __hash__(self) -> int:
        return hash(self.pathways)


@lru_cache(maxsize=8)
def _definitions(counted: _Counted, dialect: Dialect) -> list[str]:
    """Which measures there are, in which parts, and the text of the query of each kind of row.

    Another version may count otherwise.
    """
    scene = counted.scene.over((Span(date(2026, 1, 1), date(2026, 1, 31)),))
    queries = [str(rows_of(group[0], scene).compile(dialect=dialect)) for group in alike(KEPT)]
    rules = (*SPLITS, *map(str, OWN_SPLITS), *map(str, TOLD_SPLITS), *map(str, WIDTHS))
    return [*PLACES, *rules, *queries]
