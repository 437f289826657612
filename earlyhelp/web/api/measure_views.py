"""Measures: a value, what it is made of, and where the cases behind it are."""

from datetime import date, datetime
from urllib.parse import urlencode

from flask import url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.exporting.scorecard import figure_data
from earlyhelp.insight.measures.asking import FIRST_DAY, LAST_DAY, last_full_month, scene_of
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.figures import Figure, figure
from earlyhelp.insight.measures.judging import status
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.insight.scorecard.unseen import figures_seen_by
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.facts import BadFields
from earlyhelp.permissions import may
from earlyhelp.records.database import reading
from earlyhelp.web.api.answers import MeasureAnswer
from earlyhelp.web.api.entry import answer, caller, route
from earlyhelp.web.api.problems import Problem, not_found
from earlyhelp.web.api.received import query, records_asked
from earlyhelp.web.own_words import in_own_words
from earlyhelp.web.services import services

DAY = "Must be a day written as 2026-03-31"


@route("/measures/<key>")
def show_measure(key: str) -> Response:
    """One measure for a period: last month unless said otherwise; as known on an earlier day if asked."""
    measure = MEASURES.get(key)
    if measure is None:
        raise not_found()
    if not may(caller(), "scorecard"):
        raise Problem(403, "Your role does not see measures")
    asked, now = query("from", "to", "team", "as_known_on"), services().now()
    span, known = _days(asked, now)
    with reading(services().reports) as connection:
        scene = scene_of(connection, span, now=now, as_known_on=known)
        body = _body(connection, measure, scene, asked, known)
    return answer(body)


def _body(
    connection: Connection, measure: Measure, scene: Scene, asked: dict[str, str], known: date | None
) -> MeasureAnswer:
    team_id = records_asked(connection, {k: v for k, v in asked.items() if k == "team"}).get("team_id")
    narrowed = Narrowed(team_id=team_id)
    whole = figure(connection, measure, scene, narrowed)
    (found,) = figures_seen_by(connection, [whole], scene, narrowed, person=caller())
    target = scene.numbers.targets.get(measure.key)
    parts = figure_data(found)
    return {
        "key": measure.key,
        "title": in_own_words(measure.title),
        "unit": measure.unit,
        "better": measure.better,
        "from": found.span.first.isoformat(),
        "to": found.span.last.isoformat(),
        "team": asked.get("team"),
        "as_known_on": known.isoformat() if known else None,
        "value": parts["value"],
        "numerator": parts["numerator"],
        "denominator": parts["denominator"],
        "suppressed": found.hidden,
        "target": target,
        "status": status(measure, found.value, target, near_percent=scene.numbers.near_percent),
        "cases": _cases_link(measure, found, asked) if may(caller(), "case.open") else None,
    }


def _cases_link(measure: Measure, found: Figure, asked: dict[str, str]) -> str:
    """The page that lists exactly what was counted."""
    part = "numerator" if measure.kind in {"count", "rate", "per_fte"} else "denominator"
    period = {"from": found.span.first.isoformat(), "to": found.span.last.isoformat()}
    rest = {name: asked[name] for name in ("team", "as_known_on") if name in asked}
    path = url_for("scorecard.cases", key=measure.key, part=part)
    return f"{services().settings.base_url}{path}?{urlencode(period | rest)}"


def _days(asked: dict[str, str], now: datetime) -> tuple[Span, date | None]:
    errors: dict[str, list[str]] = {}
    days = {name: _day(asked[name], name, errors) for name in ("from", "to", "as_known_on") if name in asked}
    today = now.astimezone(LONDON).date()
    if ("from" in asked) != ("to" in asked):
        errors["from" if "to" in asked else "to"] = [
            "Give both ends of the period, or neither for last month"
        ]
    known = days.get("as_known_on")
    if known is not None and known > today:
        errors["as_known_on"] = ["Must be today or in the past"]
    first, last = days.get("from"), days.get("to")
    if first and last and last < first:
        errors["to"] = ["Must not lie before the first day"]
    if errors:
        raise BadFields(errors)
    return (Span(first, last) if first and last else last_full_month(today)), known


def _day(text: str, name: str, errors: dict[str, list[str]]) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        errors[name] = [DAY]
    return day
