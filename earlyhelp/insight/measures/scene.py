"""What a measure is asked for: spans of days, what had been recorded by then, the council's own numbers."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import CTE, BindParameter, Date, bindparam, literal, select, union_all

from earlyhelp.insight.measures.kinds import Kinds
from earlyhelp.insight.measures.known import EVERYTHING, Known, Within, day
from earlyhelp.insight.measures.merges import KnownAs
from earlyhelp.insight.measures.settings import CouncilNumbers
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.base import Instant

AT = "judged_at"
"""What a query calls the moment as of which is judged."""


@dataclass(frozen=True)
class Span:
    """Days asked about, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a span of days must not end before it begins")


def day_judged(at: datetime) -> date:
    """London's day as of which is judged at a moment; of the first moment of a day, the day before."""
    return (at - timedelta(microseconds=1)).astimezone(LONDON).date()


@dataclass(frozen=True)
class Scene:
    """Everything that a measure's rows depend on. Nothing after `at` counts as having fallen due."""

    spans: tuple[Span, ...]
    at: datetime
    kinds: Kinds
    numbers: CouncilNumbers
    known: Known = EVERYTHING
    merges: tuple[KnownAs, ...] = ()
    """What merging people since then has changed; the latest first."""

    @property
    def today(self) -> date:
        """London's day as of which is judged."""
        return day_judged(self.at)

    @property
    def moment(self) -> BindParameter[datetime]:
        """`at`, as a query names it."""
        return bindparam(AT, self.at, Instant())

    @property
    def within(self) -> Within:
        """From the first day of any span until the last of any."""
        return Within(min(span.first for span in self.spans), max(span.last for span in self.spans))

    def over(self, spans: tuple[Span, ...]) -> "Scene":
        return replace(self, spans=spans)

    def span_rows(self) -> CTE:
        """The spans as rows: number, first and last day, and `until`, the last day of it that has come."""
        return union_all(
            *(
                select(
                    literal(number).label("number"),
                    literal(span.first, Date()).label("first"),
                    literal(span.last, Date()).label("last"),
                    literal(min(span.last, self.today), Date()).label("until"),
                )
                for number, span in enumerate(self.spans)
            )
        ).cte()

    def days(self) -> CTE:
        """Every day of every span, with the number of its span."""
        spans, calendar = self.span_rows(), day("day_of_span")
        return (
            select(calendar.c.on, spans.c.number)
            .join(spans, calendar.c.on.between(spans.c.first, spans.c.last))
            .cte()
        )
