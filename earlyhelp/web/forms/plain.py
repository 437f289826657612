"""Forms that belong to no pathway: plans, notes, meetings, access. What may be written, casework says."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, flash, redirect, render_template
from flask_wtf import FlaskForm
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import HiddenField

from earlyhelp.casework.refusals import NotAllowed, StaleVersion
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.records.database import transaction
from earlyhelp.web.services import services

STALE = "Somebody else changed this while you were writing. Look at what changed, then send it again."


class PlainForm(FlaskForm):
    """`version` is what the person had before them, where that matters."""

    version = HiddenField()

    def values(self) -> dict[str, Any]:
        """What was typed, as casework reads it."""
        return {field.name: field.value for field in self if hasattr(field, "value")}

    def faults(self) -> dict[str, list[str]]:
        """What could not be read at all, such as 31 February."""
        return {field.name: list(field.process_errors) for field in self if field.process_errors}

    def seen_version(self) -> int:
        seen = self.version.data or ""
        return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1

    def show(self, errors: Mapping[str, list[str]]) -> list[str]:
        """Put casework's words beside their fields; returns the words that belong to none."""
        homeless: list[str] = []
        for name, words in errors.items():
            if name in self:
                self[name].errors = tuple(words)
            else:
                homeless += words
        return homeless

    @property
    def failed(self) -> bool:
        return any(field.errors for field in self)


def attempt(form: Any, write: Callable[[Connection], object]) -> list[str]:
    """Do it in one transaction. Faults go to their fields; returns the words that belong to none."""
    try:
        with transaction(services().engine) as connection:
            write(connection)
    except StaleVersion as stale:
        form.version.data = str(stale.current)
        return [STALE]
    except BadFields as refused:
        homeless: list[str] = form.show(refused.errors)
        return homeless
    except Refused as refused:
        return [str(refused)]
    except NotAllowed:
        abort(403)
    return []


def answered(form: Any, homeless: list[str], *, saved: str, go_to: str) -> Response | None:
    """Where to go when all was well, with words of it; None when the form must be shown again."""
    if homeless or any(field.errors for field in form):
        return None
    flash(saved, "success")
    return redirect(go_to)


def shown_again(template: str, **context: Any) -> tuple[str, int]:
    """The page of a form that was refused: with the error summary, and the status that says so."""
    return render_template(template, form_has_errors=True, **context), 422
