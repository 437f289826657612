"""A file as an answer."""

from flask import Response

from earlyhelp.exporting import ExportedFile


def sent(file: ExportedFile) -> Response:
    """The file, to be saved under its name."""
    disposition = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, content_type=file.media_type, headers=disposition)
