"""What a scorecard holds: every measure over thirteen months, compared, judged and charted; and the commentary."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from earlyhelp.insight.measures.asking import month_of, months_to, previous, scene_of, year_before
from earlyhelp.insight.measures.counting import since_april
from earlyhelp.insight.measures.definitions import GROUPS, LIST
from earlyhelp.insight.measures.figures import Figure, figures
from earlyhelp.insight.measures.judging import Judged, judged
from earlyhelp.insight.measures.kept import Kept, kept_now, split_of
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.own_words import in_words_of
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.insight.scorecard.xmr import Point, without_limits, xmr
from earlyhelp.pathway.terms import USUAL, respoken
from earlyhelp.records.organisation import Agency, Team, User
from earlyhelp.records.reference import CodeEntry
from earlyhelp.records.reporting import ScorecardCommentary


class Asked(NamedTuple):
    """What a scorecard is asked for."""

    period: Span
    narrowed: Narrowed = EVERYWHERE
    as_known_on: date | None = None

    @property
    def is_month(self) -> bool:
        return self.period == month_of(self.period.first)


@dataclass(frozen=True)
class Row:
    """One measure: the period judged, and its months as points of a chart."""

    group: str
    measure: Measure
    judged: Judged
    months: Sequence[Figure]
    points: Sequence[Point]


class Commentary(NamedTuple):
    """What was last said of the month, by whom and when."""

    words: str
    written_at: datetime
    by: str


@dataclass(frozen=True)
class Scorecard:
    """The whole of it. `about` says in words what it is narrowed to."""

    asked: Asked
    about: str
    months: Sequence[Span]
    rows: Sequence[Row]
    commentary: Commentary | None
    made_at: datetime
    scene: Scene
    kept: Kept | None
    """What was read of what is kept, for more figures of the same."""


def scorecard(
    connection: Connection,
    asked: Asked,
    *,
    now: datetime,
    terms: Mapping[str, str] = USUAL,
    measures: Iterable[Measure] = LIST,
) -> Scorecard:
    """The scorecard for a period, with the thirteen months that end with it, in the council's own words."""
    months, chosen = months_to(asked.period.last), [in_words_of(terms, measure) for measure in measures]
    period = asked.period
    compared = (period, previous(period), year_before(period), since_april(period.last))
    scene = scene_of(connection, *months, *compared, now=now, as_known_on=asked.as_known_on)
    kept = kept_now(connection, chosen, scene) if split_of(asked.narrowed) is not None else None
    found = figures(connection, chosen, scene, asked.narrowed, kept)
    groups = {measure.key: respoken(group, terms) for group, members in GROUPS.items() for measure in members}
    rows = [_row(groups[measure.key], measure, found[measure.key], len(months), scene) for measure in chosen]
    commentary = commentary_of(
        connection, month=period.last.replace(day=1), team_id=asked.narrowed.team_id, known=scene
    )
    of_whom = respoken(about(connection, asked.narrowed), terms)
    return Scorecard(asked, of_whom, months, rows, commentary, now, scene, kept)


def _row(group: str, measure: Measure, found: Sequence[Figure], count: int, scene: Scene) -> Row:
    months, (of_period, before, last_year, to_date) = found[:count], found[count:]
    over = [figure.value if figure.span.last <= scene.today else None for figure in months]
    points = points_of(measure, over)
    verdict = judged(of_period, before, last_year, to_date, scene.numbers)
    return Row(group, measure, verdict, months, points)


def points_of(measure: Measure, values: Sequence[float | None]) -> list[Point]:
    """The months as points of the measure's chart."""
    if measure.kind == "rate":
        return without_limits(values)
    return xmr(values, lowest=lowest(measure), highest=100.0 if measure.kind == "share" else None)


def lowest(measure: Measure) -> float | None:
    """Nothing but a change of scores can be below 0."""
    return None if measure.key == "distance_travelled" else 0.0


def commentary_of(
    connection: Connection, *, month: date, team_id: int | None, known: Scene
) -> Commentary | None:
    """What was said last of a month, as far as it had been written by then."""
    of_team = ScorecardCommentary.team_id
    row = connection.execute(
        select(ScorecardCommentary.words, ScorecardCommentary.written_at, User.name)
        .join(User, User.id == ScorecardCommentary.written_by_id)
        .where(
            ScorecardCommentary.month == month,
            of_team.is_(None) if team_id is None else of_team == team_id,
            ScorecardCommentary.written_at <= known.at,
        )
        .order_by(ScorecardCommentary.id.desc())
        .limit(1)
    ).one_or_none()
    return Commentary(row.words, row.written_at, row.name) if row else None


def about(connection: Connection, narrowed: Narrowed) -> str:
    """`The whole service`, or what the figures are narrowed to in words."""
    parts = []
    if narrowed.team_id is not None:
        parts.append(str(connection.scalar(select(Team.name).where(Team.id == narrowed.team_id))))
    if narrowed.locality is not None:
        parts.append(f"locality {narrowed.locality}")
    if narrowed.agency_id is not None:
        name = connection.scalar(select(Agency.name).where(Agency.id == narrowed.agency_id))
        parts.append(f"lead professionals of {name}")
    if narrowed.source is not None:
        entry = select(CodeEntry.label).where(
            CodeEntry.code_list == "source", CodeEntry.code == narrowed.source
        )
        parts.append(f"contacts from {connection.scalar(entry) or narrowed.source}")
    if narrowed.worker_id is not None:
        parts.append(str(connection.scalar(select(User.name).where(User.id == narrowed.worker_id))))
    return ", ".join(parts) or "The whole service"
