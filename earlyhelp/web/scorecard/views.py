"""The scorecard page: this month, the month before and a year ago, from the measures' own definitions."""

from datetime import date, timedelta

from flask import Blueprint, abort, render_template, request, url_for

from earlyhelp.insight.measures.definitions import LIST, MEASURES, Measure
from earlyhelp.insight.measures.figures import Asked, Figure, by_month, cases_behind, figure
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted, person
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("scorecard", __name__, url_prefix="/scorecard")
MONTHS = 13
SEES_CASES = frozenset({"manager", "service_manager", "auditor"})


@blueprint.get("")
@permitted("scorecard")
def page() -> str:
    """The last 13 months of every measure."""
    months = _months(_month_asked())
    asked = Asked(months[0], _last_day(months[-1]))
    with reading(services().engine) as connection:
        rows = [(measure, by_month(connection, measure, asked)) for measure in LIST]
    shown = [
        (measure, [_cell(measure, found.get((m.year, m.month))) for m in months]) for measure, found in rows
    ]
    return render_template("scorecard/page.html", months=months, rows=shown, month=months[-1])


@blueprint.get("/<key>")
@permitted("scorecard")
def behind(key: str) -> str:
    """The cases behind one figure."""
    measure = MEASURES.get(key)
    if measure is None or not person().roles & SEES_CASES:
        abort(404)
    month = _month_asked()
    asked = Asked(month, _last_day(month))
    with reading(services().engine) as connection:
        found = figure(connection, measure, asked)
        cases = cases_behind(connection, measure, asked, person=person(), after=_after(), limit=51)
    following = cases[49].id if len(cases) > 50 else None
    return render_template(
        "scorecard/behind.html",
        measure=measure,
        figure=found,
        cell=_cell(measure, found),
        month=month,
        cases=cases[:50],
        words=words,
        now=services().now(),
        next_url=url_for("scorecard.behind", key=key, month=f"{month:%Y-%m}", after=following)
        if following
        else None,
    )


def _cell(measure: Measure, found: Figure | None) -> str:
    if found is None or found.value is None:
        return "0" if measure.kind == "count" else "–"
    if measure.kind == "count":
        return f"{found.value:,.0f}"
    return f"{found.value:.1f} %" if measure.kind == "share" else f"{found.value:.1f}"


def _month_asked() -> date:
    text = request.args.get("month", "")
    try:
        return date.fromisoformat(f"{text}-01") if text else _this_month()
    except ValueError:
        abort(404)


def _this_month() -> date:
    return services().now().astimezone(LONDON).date().replace(day=1)


def _months(last: date) -> list[date]:
    months = [last]
    while len(months) < MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months[::-1]


def _last_day(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _after() -> int:
    text = request.args.get("after", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
