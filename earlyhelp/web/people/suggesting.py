"""The page's script asks who is known while a child is typed. Names travel in the body, never in an address."""

from flask import render_template, request
from werkzeug.wrappers import Response

from earlyhelp.casework.match_decisions import tell_of_restricted
from earlyhelp.insight.known_people import Suggestions, likely_matches
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import permitted, person
from earlyhelp.web.people.entry import blueprint
from earlyhelp.web.people.typed import is_enough, typed_child
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

MOST_CHILDREN = 30


@blueprint.post("/people/matches")
@permitted("step_down.record")
def matches() -> str | Response:
    """Who the child with number `child` of the form may be, as a part of the page; nothing when nobody."""
    number = request.form.get("child", "")
    if not (number.isascii() and number.isdigit() and len(number) <= 2 and int(number) < MOST_CHILDREN):
        return Response(status=204)
    typed = typed_child(request.form, f"children-{int(number)}-")
    found = Suggestions()
    if is_enough(typed):
        with reading(services().engine) as connection:
            (found,) = likely_matches(connection, person=person(), typed=[typed])
    if not found:
        return Response(status=204)
    told_managers(found)
    return render_template(
        "people/fragment.html",
        found=found,
        number=int(number),
        chosen=request.form.get(f"known-{int(number)}", ""),
        words=words,
        now=services().now(),
    )


def told_managers(*found: Suggestions) -> None:
    """Let managers know of restricted records that may be meant: in a transaction of its own, whatever follows."""
    restricted = {one for several in found for one in several.restricted}
    if restricted:
        with transaction(services().engine) as connection:
            tell_of_restricted(connection, restricted=restricted, person=person(), now=services().now())
