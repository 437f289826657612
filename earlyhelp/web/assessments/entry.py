"""What the pages of an assessment share: their blueprint, the desk they read, the page they draw."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.records.database import reading
from earlyhelp.web.access import AUTOSAVE, person
from earlyhelp.web.assessments.desk import Desk, desk_for
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.cases import shown_child
from earlyhelp.web.services import services

blueprint = Blueprint("assessments", __name__, url_prefix="/cases/<reference>/assessment")
MOVED_ON = "The assessment cannot be changed now: it was submitted, or the case has moved on."
Page = str | Response | tuple[str, int] | tuple[Response, int]


def open_desk(reference: str) -> Desk:
    with reading(services().engine) as connection:
        return desk_for(connection, reference=reference, person=person())


def shown_page(template: str, desk: Desk, **more: Any) -> str:
    now = services().now()
    children = [shown_child(child, now) for child in desk.children]
    return render_template(
        f"assessments/{template}.html", desk=desk, children=children, words=words, now=now, **more
    )


def moved_on(desk: Desk) -> Page:
    if AUTOSAVE in request.headers:
        return jsonify({"words": MOVED_ON}), 409
    flash(MOVED_ON)
    return redirect(url_for("assessments.section_list", reference=desk.case.reference))


def whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
