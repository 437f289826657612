"""Finding services by need, age, place and words, and putting several on a list."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from earlyhelp.insight.directory import (
    PAGE,
    Wanted,
    count_services,
    find_services,
    need_labels,
    needs_met,
    service_by_key,
    services_by_key,
)
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted
from earlyhelp.web.directory.door import blueprint, choose, chosen_keys
from earlyhelp.web.presenters.directory import shown_service
from earlyhelp.web.services import services

SEARCH = "directory_search"
PARTS = ("need", "age", "place", "words")
LONGEST = 100


@blueprint.get("/directory")
@permitted("directory")
def search() -> str:
    """Services that fit what was asked for, by name."""
    asked, after = _asked(), _after()
    with reading(services().engine) as connection:
        labels, met = need_labels(connection), needs_met(connection)
        wanted = _wanted(asked)
        rows = find_services(connection, wanted=wanted, after=after)
        found = count_services(connection, wanted=wanted)
    shown = [shown_service(row, labels) for row in rows[:PAGE]]
    more = url_for("directory.search", after=rows[PAGE - 1].id) if len(rows) > PAGE else None
    return render_template(
        "directory/search.html",
        asked=asked,
        needs={code: label for code, label in labels.items() if code in met},
        found=found,
        rows=shown,
        chosen=chosen_keys(),
        next_url=more,
        after=after,
    )


@blueprint.post("/directory/search")
@permitted("directory")
def ask() -> Response:
    """Keep what is asked for in the session: where a family lives has no place in an address."""
    session[SEARCH] = {part: request.form.get(part, "").strip()[:LONGEST] for part in PARTS}
    return redirect(url_for("directory.search"))


@blueprint.post("/directory/chosen")
@permitted("directory")
def put_on_list() -> Response:
    """Put the ticked services on the list, and take off those of this page that are ticked no longer."""
    shown, ticked = set(request.form.getlist("shown")), request.form.getlist("services")
    choose([*(key for key in chosen_keys() if key not in shown or key in ticked), *ticked])
    flash("Your list of services is kept", "success")
    return redirect(url_for("directory.chosen"))


@blueprint.get("/directory/chosen")
@permitted("directory")
def chosen() -> str:
    """The list so far: to print, to change, to use when signposting."""
    with reading(services().engine) as connection:
        labels = need_labels(connection)
        rows = [shown_service(row, labels) for row in services_by_key(connection, keys=chosen_keys())]
    return render_template("directory/chosen.html", rows=rows)


@blueprint.get("/directory/services/<key>")
@permitted("directory")
def service(key: str) -> str:
    """One service, also when it was withdrawn: history names it."""
    with reading(services().engine) as connection:
        row = service_by_key(connection, key=key[:60])
        labels = need_labels(connection)
    if row is None:
        abort(404)
    return render_template("directory/service.html", service=shown_service(row, labels), chosen=chosen_keys())


def _asked() -> dict[str, str]:
    kept = session.get(SEARCH)
    asked: dict[str, Any] = kept if isinstance(kept, dict) else {}
    return {part: str(asked.get(part, "")) for part in PARTS}


def _wanted(asked: dict[str, str]) -> Wanted:
    age = asked["age"]
    return Wanted(
        needs=(asked["need"],) if asked["need"] else (),
        age=int(age) if age.isascii() and age.isdigit() and len(age) < 4 else None,
        place=asked["place"],
        words=asked["words"],
    )


def _after() -> int | None:
    text = request.args.get("after", "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        abort(404)
    return int(text)
