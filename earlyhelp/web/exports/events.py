"""The event log, for process mining: what it holds for who asks, as csv and as XES."""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO

from flask import abort, render_template
from werkzeug.wrappers import Response

from earlyhelp.exporting.event_log import FORMATS
from earlyhelp.insight.event_log import Logged, logged_events
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.permissions import may
from earlyhelp.records.database import snapshot
from earlyhelp.web.access import permitted, person
from earlyhelp.web.exports.taking import blueprint, note
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

PIECE = 1 << 16
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "xes": "application/xml"}


@blueprint.get("/events")
@permitted("statutory")
def events() -> str:
    """What the event log is, and both its forms."""
    return render_template(
        "exports/events.html", columns=Logged._fields, reads=may(person(), "case.open"), words=words
    )


@blueprint.get("/events/log.<file_format>")
@permitted("statutory")
def event_log(file_format: str) -> Response:
    """The log in one of its forms. Taking it is written down. It waits in a file, not in memory."""
    if file_format not in FORMATS:
        abort(404)
    file = TemporaryFile()  # noqa: SIM115  `_pieces` closes it
    with snapshot(services().reports) as connection:
        number = FORMATS[file_format](logged_events(connection, asker=person()), file)
    note("event log", f"As {file_format}, {words.counted(number, 'event')}")
    name = f"events-{services().now().astimezone(LONDON):%Y-%m-%d}.{file_format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(_pieces(file), content_type=MEDIA_TYPES[file_format], headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
