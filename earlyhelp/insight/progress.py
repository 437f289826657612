"""Distance travelled: a family's scores per domain, from the first assessment over the reviews to now."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from earlyhelp.pathway.definition import Pathway
from earlyhelp.records.cases import Event

SCORED = ("assessment_submitted", "assessment_authorised", "review", "closing")


class Point(NamedTuple):
    """The scores of one moment: what it was, its day, score by domain."""

    what: str
    on: date
    scores: Mapping[str, int]


class Domain(NamedTuple):
    """One domain's way. `change` is last less first; None while there is only one score."""

    key: str
    title: str
    low: int
    high: int
    scores: Sequence[tuple[Point, int]]

    @property
    def change(self) -> int | None:
        return self.scores[-1][1] - self.scores[0][1] if len(self.scores) > 1 else None


def distance_travelled(connection: Connection, *, case_id: int, pathway: Pathway) -> list[Domain]:
    """Each domain that has a score, in the order in which the pathway's assessment asks for them."""
    events = connection.execute(
        select(Event.kind, Event.occurred_on, Event.fields)
        .where(Event.case_id == case_id, Event.kind.in_(SCORED))
        .order_by(Event.sequence)
    ).all()
    domains = _declared(pathway)
    points = _points(events, domains)
    shown = []
    for key, (title, low, high) in domains.items():
        scores = [(point, point.scores[key]) for point in points if key in point.scores]
        if scores:
            shown.append(Domain(key, title, low, high, scores))
    return shown


def _points(events: Sequence[Any], domains: Mapping[str, Any]) -> list[Point]:
    """An assessment that was returned and submitted again counts once, as it was submitted last."""
    points: list[Point] = []
    waiting: Point | None = None
    for event in events:
        if event.kind == "assessment_authorised":
            points += [waiting] if waiting else []
            waiting = None
            continue
        scores = {key: value for key, value in event.fields.items() if key in domains and _is_score(value)}
        if not scores:
            continue
        what = {"review": "Review", "closing": "Closing"}.get(event.kind, "Start" if not points else "New")
        point = Point(what, event.occurred_on, scores)
        if event.kind == "assessment_submitted":
            waiting = point
        else:
            points.append(point)
    return points + ([waiting] if waiting else [])


def _declared(pathway: Pathway) -> dict[str, tuple[str, int, int]]:
    """Title and ends of every score that an assessment, a review or a closing may record, by field name."""
    found: dict[str, tuple[str, int, int]] = {}
    for action in pathway.actions.values():
        if action.kind in SCORED:
            for field in action.fields:
                if field.type == "score" and field.min is not None and field.max is not None:
                    found.setdefault(field.name, (_domain(field.title), field.min, field.max))
    return found


def _domain(title: str) -> str:
    """`Score: child's development` → `Child's development`."""
    name = title.partition(":")[2].strip() or title
    return name[:1].upper() + name[1:]


def _is_score(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
