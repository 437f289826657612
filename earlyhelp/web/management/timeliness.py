"""How timely one worker's cases are: for their manager, and the same for the worker."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from flask import Blueprint, abort, render_template, request, url_for

from earlyhelp.insight.measures.behind import Part
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.figures import Figure
from earlyhelp.insight.measures.own_words import in_words_of
from earlyhelp.insight.measures.scene import Span
from earlyhelp.insight.timeliness import KEYS, timeliness, timeliness_cases, worker_for
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import Days, asked_again, period_typed
from earlyhelp.web.management.views import blueprint
from earlyhelp.web.own_words import own_terms
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.figures import figure_words
from earlyhelp.web.services import services

mine = Blueprint("my_timeliness", __name__, url_prefix="/my-timeliness")
DAYS_BACK = timedelta(days=90)
PARTS = ("numerator", "denominator")


@blueprint.get("/workers/<int:user_id>")
@permitted("management")
def worker_timeliness(user_id: int) -> str | tuple[str, int]:
    return _page(_worker(user_id), "management.worker_cases_behind", user_id=user_id)


@blueprint.get("/workers/<int:user_id>/<key>")
@permitted("management")
def worker_cases_behind(user_id: int, key: str) -> str:
    back = url_for("management.worker_timeliness", user_id=user_id, **_period())
    return _behind(_worker(user_id), key, back)


@mine.get("")
@permitted("my_timeliness")
def page() -> str | tuple[str, int]:
    """The same that my manager sees."""
    return _page(person(), "my_timeliness.cases")


@mine.get("/<key>")
@permitted("my_timeliness")
def cases(key: str) -> str:
    return _behind(person(), key, url_for("my_timeliness.page", **_period()))


def _worker(user_id: int) -> Any:
    with reading(services().reports) as connection:
        found = worker_for(connection, user_id=user_id, person=person())
    if found is None:
        abort(404)
    return found


def _page(worker: Any, endpoint: str, **address: Any) -> str | tuple[str, int]:
    now = services().now()
    days, span = _days()
    with reading(services().reports) as connection:
        found = timeliness(connection, worker_id=worker.id, span=span, now=now)
    page = render_template(
        "management/timeliness.html",
        worker=worker,
        own=worker.id == person().id,
        days=days,
        rows=[tuple(in_own_terms(figure) for figure in pair) for pair in found],
        endpoint=endpoint,
        address=address,
        words=figure_words,
        value_words=value_words,
    )
    return (page, 422) if days.faults else page


def in_own_terms(figure: Figure) -> Figure:
    return replace(figure, measure=in_words_of(own_terms(), figure.measure))


def _behind(worker: Any, key: str, back: str) -> str:
    part = request.args.get("part", "denominator")
    if key not in KEYS or part not in PARTS:
        abort(404)
    now = services().now()
    days, span = _days()
    if days.faults:
        abort(404)
    with reading(services().reports) as connection:
        try:
            found = timeliness_cases(
                connection,
                key=key,
                worker_id=worker.id,
                span=span,
                part=cast(Part, part),
                person=person(),
                now=now,
                after=request.args.get("after"),
            )
        except ValueError:
            abort(404)
    address = url_for(
        str(request.endpoint), **(request.view_args or {}), **asked_again(), after=found.following
    )
    return render_template(
        "management/timeliness_cases.html",
        worker=worker,
        measure=in_words_of(own_terms(), MEASURES[key]),
        found=found,
        part=part,
        back=back,
        words=words,
        today=now.astimezone(LONDON).date(),
        next_url=address if found.following else None,
    )


def value_words(figure: Figure) -> str:
    """`87.5 %`, `2 working days`, or that there was nothing to measure."""
    if figure.value is None:
        return "Nothing to measure"
    if figure.measure.unit == "per cent":
        return f"{figure.value:.1f} %"
    return f"{figure.value:g} {figure.measure.unit}"


def _days() -> tuple[Days, Span]:
    """The days of the address; the last 90 without any."""
    days, first, last = period_typed(services().now().astimezone(LONDON).date(), DAYS_BACK)
    return days, Span(first, last)


def _period() -> dict[str, Any]:
    return {name: request.args[name] for name in ("from", "until") if request.args.get(name)}
