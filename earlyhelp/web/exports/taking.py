"""Where the lists that others ask for are taken: whoever takes one is written down."""

from flask import Blueprint
from sqlalchemy import insert
from werkzeug.wrappers import Response

from earlyhelp.exporting import ExportedFile
from earlyhelp.records.database import transaction
from earlyhelp.records.reference import AccessEntry
from earlyhelp.web.access import person
from earlyhelp.web.files import sent
from earlyhelp.web.services import services

blueprint = Blueprint("exports", __name__, url_prefix="/exports")


def note(what: str, words: str) -> None:
    """Write down that this person took something."""
    with transaction(services().engine) as connection:
        entry = insert(AccessEntry).values(at=services().now(), user_id=person().id, what=what, reason=words)
        connection.execute(entry)


def taken(file: ExportedFile, *, what: str, words: str) -> Response:
    """The file, to be saved and kept by nobody on the way. That it was taken is written down first."""
    note(what, words)
    answer = sent(file)
    answer.headers["Cache-Control"] = "no-store"
    return answer
