"""Files of notes: taken in only when their content says that they are harmless kinds, and never shown inline."""

import hashlib
import re
import unicodedata

from flask import abort, flash, redirect, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from earlyhelp.casework.notes import KeptFile
from earlyhelp.filing import Scanner, ScannerSilent, Store, sniffed
from earlyhelp.insight.notes import file_of
from earlyhelp.records.database import reading
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.cases.frame import frame_of
from earlyhelp.web.notes.entry import MEGABYTE, MOST_FILES, blueprint
from earlyhelp.web.services import services

READABLE = ("clean", "not_scanned")
SEALED = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""A file is somebody else's content: whatever opens it, it may do nothing here."""


class FilesRefused(Exception):
    """Which files cannot be kept, and why."""


def files_of_request() -> list[KeptFile]:
    """The files that were sent, kept in the store. Raises FilesRefused before any of them is."""
    sent = [file for file in request.files.getlist("files") if file.filename]
    if len(sent) > MOST_FILES:
        raise FilesRefused(f"Attach {MOST_FILES} files at most to one note")
    checked = [_checked(file) for file in sent]
    store = Store(services().settings.files_folder)
    for file, content in checked:
        if store.keep(content) != file.digest:
            raise FilesRefused(f"{file.name} could not be kept: try again")
    return [file for file, _ in checked]


def hint() -> str:
    """What may be attached, for the page."""
    settings = services().settings
    scanned = "" if settings.clamd_url else " Files are not scanned for viruses here."
    return (
        f"PDF, pictures and office documents, {settings.largest_file_mb} MB each at most, "
        f"{MOST_FILES} at most.{scanned} Choose them again if the page comes back with an error."
    )


@blueprint.get("/files/<int:file_id>")
@permitted("case.open")
def file(reference: str, file_id: int) -> Response:
    """One file, to be saved: never opened within our pages."""
    with reading(services().engine) as connection:
        frame = frame_of(connection, reference=reference, person=person())
        row = file_of(connection, case_id=frame.case.id, file_id=file_id)
    if row is None:
        abort(404)
    if row.scan not in READABLE:
        flash(f"{row.name} cannot be opened: it has not been found free of viruses.")
        return redirect(url_for("notes.page", reference=frame.reference))
    content = Store(services().settings.files_folder).read(row.digest)
    if content is None:
        abort(404)
    log_read(case_id=frame.case.id, what="file")
    headers = {
        "Content-Security-Policy": SEALED,
        "X-Content-Type-Options": "nosniff",
        "X-Download-Options": "noopen",
    }
    answer = Response(content, mimetype=row.media_type, headers=headers)
    answer.headers.set("Content-Disposition", "attachment", filename=row.name)
    return answer


def _checked(file: FileStorage) -> tuple[KeptFile, bytes]:
    settings = services().settings
    content = file.stream.read(settings.largest_file_mb * MEGABYTE + 1)
    shown = _plain_name(file.filename or "")
    if len(content) > settings.largest_file_mb * MEGABYTE:
        raise FilesRefused(f"{shown} is larger than {settings.largest_file_mb} MB")
    kind = sniffed(content)
    if kind is None:
        raise FilesRefused(f"{shown} is not a PDF, a picture or an office document without macros")
    name = f"{shown.rpartition('.')[0] or shown}.{kind.ending}"
    scan = _scanned(settings.clamd_url, content)
    if scan == "infected":
        raise FilesRefused(f"{shown} holds a virus and was not kept. Tell your IT service.")
    digest = hashlib.sha256(content).hexdigest()
    return KeptFile(digest, name, kind.media_type, len(content), scan), content


def _scanned(clamd: str | None, content: bytes) -> str:
    if clamd is None:
        return "not_scanned"
    try:
        return "clean" if Scanner(clamd).finds_nothing_in(content) else "infected"
    except ScannerSilent:
        return "waiting"


def _plain_name(name: str) -> str:
    """What is safe to show and to save under: no folders, no control characters, nothing that turns text around."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(letter for letter in last if unicodedata.category(letter)[0] not in "C")
    return re.sub(r'[<>:"|?*;]+', "_", kept).strip(" .")[:120] or "file"
