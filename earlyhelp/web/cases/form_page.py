"""One form on a page of its own about a case: a note, a goal, an action of the plan."""

from collections.abc import Callable
from typing import Any

from flask import render_template
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.web.access import person
from earlyhelp.web.cases.frame import Frame
from earlyhelp.web.forms.plain import PlainForm, answered, attempt, shown_again
from earlyhelp.web.services import services

Answer = str | Response | tuple[str, int]
TEMPLATE = "cases/form.html"


def form_page(
    about: dict[str, Any], write: Callable[[Connection], object], *, saved: str, **more: Any
) -> Answer:
    """The form of `about_form`; once sent, `write` in a transaction and back, or the form again with its faults."""
    about, form = {**about, **more}, about["form"]
    if not form.is_submitted():
        return render_template(TEMPLATE, homeless=[], **about)
    homeless = attempt(form, write)
    done = answered(form, homeless, saved=saved, go_to=about["back"])
    return done or shown_again(TEMPLATE, homeless=homeless, **about)


def about_form(frame: Frame, form: PlainForm, heading: str, save: str, *, back: str) -> dict[str, Any]:
    """What its page shows: `save` are the words of the button, `back` is where the person came from."""
    return {"frame": frame, "form": form, "heading": heading, "save": save, "back": back}


def asked(frame: Frame, form: PlainForm) -> dict[str, Any]:
    """What casework is asked: about which case, by whom, with what that was typed."""
    return {
        "reference": frame.reference,
        "person": person(),
        "given": form.values(),
        "now": services().now(),
    }
