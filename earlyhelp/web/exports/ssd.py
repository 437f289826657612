"""The Standard Safeguarding Dataset: what is missing in it, each line opening the record, and its tables."""

from io import BytesIO

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.exporting import ExportedFile
from earlyhelp.exporting.ssd import TABLES, whole_for, zip_ssd
from earlyhelp.insight.statutory.ssd_gaps import GAPS, PAGE, gaps_counted, gaps_listed, left_out
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.permissions import may
from earlyhelp.records.database import snapshot
from earlyhelp.web.access import permitted, person
from earlyhelp.web.exports.taking import blueprint, taken
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

MEDIA_TYPE = "application/zip"


@blueprint.get("/ssd")
@permitted("statutory")
def ssd() -> str:
    """What is missing in the dataset as it is now, and what its tables hold."""
    now = services().now()
    with snapshot(services().reports) as connection:
        whole = whole_for(connection, asker=person(), now=now)
        counted, restricted = gaps_counted(connection, whole), left_out(connection, whole)
    return render_template(
        "exports/ssd.html",
        counted=counted,
        missing=sum(counted.values()),
        gaps=GAPS,
        tables=TABLES,
        words=words,
        left_out=restricted,
    )


@blueprint.get("/ssd/tables")
@permitted("statutory")
def ssd_tables() -> Response:
    """Every table as csv, in one zip. Taking it is written down."""
    now, file = services().now(), BytesIO()
    with snapshot(services().reports) as connection:
        rows = zip_ssd(connection, file, whole_for(connection, asker=person(), now=now))
    name = f"ssd-{now.astimezone(LONDON):%Y-%m-%d}.zip"
    said = f"All tables, {words.counted(rows, 'row')}"
    return taken(
        ExportedFile(name, MEDIA_TYPE, file.getvalue()), what="standard safeguarding dataset", words=said
    )


@blueprint.get("/ssd/<key>")
@permitted("statutory")
def ssd_gaps(key: str) -> str:
    """The records in which one thing is missing, a page at a time."""
    after = request.args.get("after", "0")
    if key not in GAPS or not (after.isascii() and after.isdigit() and len(after) < 10):
        abort(404)
    with snapshot(services().reports) as connection:
        whole = whole_for(connection, asker=person(), now=services().now())
        found = gaps_listed(connection, whole, key, after=int(after))
    last = found[PAGE - 1].row if len(found) > PAGE else None
    return render_template(
        "exports/ssd_gaps.html",
        gap=GAPS[key],
        found=found[:PAGE],
        opens_cases=may(person(), "case.open"),
        opens_people=may(person(), "people.see"),
        next_url=url_for("exports.ssd_gaps", key=key, after=last) if last else None,
    )
