"""Records that need mending, each line opening the record."""

from flask import abort, render_template, url_for

from earlyhelp.insight import data_quality as quality
from earlyhelp.insight.data_quality import MOST, PAGE, Place
from earlyhelp.insight.quality_checks import CHECKS
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import numbers_asked
from earlyhelp.web.management.views import blueprint
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services


@blueprint.get("/data-quality")
@permitted("management")
def data_quality() -> str:
    """Every check with how much it finds."""
    with reading(services().engine) as connection:
        counts = quality.counts(connection, person=person(), now=services().now())
    return render_template("management/data_quality.html", checks=CHECKS, counts=counts, most=MOST)


@blueprint.get("/data-quality/<check>")
@permitted("management")
def data_quality_list(check: str) -> str:
    """What one check finds."""
    if check not in CHECKS:
        abort(404)
    now = services().now()
    with reading(services().engine) as connection:
        found = quality.found(connection, CHECKS[check], person=person(), now=now, after=_after())
        paused = quality.paused_since(connection, [row.case_id for row in found])
    last = found[PAGE - 1] if len(found) > PAGE else None
    following = f"{last.case_id}-{last.person_id}" if last else None
    return render_template(
        "management/data_quality_list.html",
        check=CHECKS[check],
        rows=found[:PAGE],
        paused=paused,
        words=words,
        now=now,
        today=now.astimezone(LONDON).date(),
        next_url=url_for("management.data_quality_list", check=check, after=following) if following else None,
    )


def _after() -> Place | None:
    """The case and child of the address."""
    asked = numbers_asked("after", 2)
    return (asked[0], asked[1]) if asked else None
