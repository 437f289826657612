"""What addresses of the management pages ask for: a place in a list, ids, days. What was made up is not found."""

from datetime import date

from flask import abort, request

from earlyhelp.web.presenters.places import Place, read_place

LARGEST_ID = 2**31


def place_asked() -> Place | None:
    """Where the list goes on."""
    try:
        return read_place(request.args.get("after"))
    except ValueError:
        abort(404)


def number_asked(name: str) -> int | None:
    """An id, or None when it is not asked for."""
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < LARGEST_ID):
        abort(404)
    return int(text)


def day_asked(name: str) -> date | None:
    """A day as browsers send it, or None when it is not asked for."""
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        abort(404)
    if not 2000 <= day.year <= 2059:
        abort(404)
    return day
