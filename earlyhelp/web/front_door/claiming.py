"""Taking a contact from the queue, giving it back, and asking before another screener's is taken."""

from collections.abc import Callable
from datetime import timedelta

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework import claims
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.facts import Refused
from earlyhelp.records.database import transaction
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.access import permitted, person
from earlyhelp.web.front_door.door import blueprint
from earlyhelp.web.presenters.words import time_words
from earlyhelp.web.services import services


@blueprint.post("/contacts/<reference>/claim")
@permitted("front_door")
def claim(reference: str) -> Response:
    """Take it, if nobody else has."""
    return _answered(reference, claims.claim)


@blueprint.post("/contacts/<reference>/take-over")
@permitted("front_door")
def take_over(reference: str) -> Response:
    """Take it although another screener has it: the page has said so."""
    return _answered(reference, claims.take_over)


@blueprint.post("/contacts/<reference>/release")
@permitted("front_door")
def release(reference: str) -> Response:
    with transaction(services().engine) as connection:
        claims.release(connection, reference=_canonical(reference), person=person())
    flash(f"{_canonical(reference)} is free for others again", "success")
    return redirect(url_for("front_door.queue"))


def _answered(reference: str, take: Callable[..., None]) -> Response:
    canonical, now = _canonical(reference), services().now()
    lasting = timedelta(minutes=services().settings.claim_minutes)
    try:
        with transaction(services().engine) as connection:
            take(connection, reference=canonical, person=person(), now=now, lasting=lasting)
    except claims.HeldBySomebody as held:
        until = time_words(held.until.astimezone(LONDON))
        flash(f"{held} until {until}. Speak to them, or take it over from its page.")
        return redirect(url_for("front_door.queue"))
    except Refused as refused:
        flash(str(refused))
        return redirect(url_for("front_door.queue"))
    going_on = request.form.get("action", "")
    if going_on.isidentifier() and going_on.isascii():
        return redirect(url_for("cases.act", reference=canonical, action=going_on))
    return redirect(url_for("cases.page", reference=canonical))


def _canonical(reference: str) -> str:
    canonical = parse_reference(reference)
    if canonical is None:
        abort(404)
    return canonical
