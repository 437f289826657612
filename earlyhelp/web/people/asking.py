"""Asking who is known before a contact is saved: the same on every browser, with or without scripts.

The contact is written, and if a child of it may be known already and nobody has said, it is all undone and the page
asks. So the question is only put about a contact with no other fault, by the same scoring that intake goes by.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, render_template, request
from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from earlyhelp.insight.known_people import Suggestions, likely_matches, suspicions_of_case
from earlyhelp.records.cases import CasePerson
from earlyhelp.records.people import Person as PersonRow
from earlyhelp.web.access import person
from earlyhelp.web.people.suggesting import told_managers
from earlyhelp.web.people.typed import told_child
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

NONE_OF_THESE = "none"
SPEAK = "One of the children may be somebody whose record is restricted. Speak to a manager."
NOT_KEPT = ("csrf_token",)


@dataclass(frozen=True)
class Question:
    """One child of the contact who may be known, and by whom. `position` is the number of their boxes."""

    position: int
    name: str
    found: Suggestions


class WhoIsKnown(Exception):
    """A child of this contact may be known already: nothing was written, and the screener must say."""

    def __init__(self, questions: Sequence[Question], found: Collection[Suggestions]) -> None:
        self.questions, self.found = tuple(questions), tuple(found)
        super().__init__("Somebody must say who is known")


def with_choices(connection: Connection, form: Any) -> list[dict[str, Any]]:
    """The children told, with what was chosen of those suggested. A choice counts only while it is still suggested:
    who types another name afterwards is asked anew."""
    children: list[dict[str, Any]] = form.told_children()
    if not any(name.startswith("known-") for name in request.form):
        return children
    found = likely_matches(connection, person=person(), typed=[told_child(child) for child in children])
    chosen = zip(children, numbers_of(form), found, strict=True)
    return [{**child, **_choice(number, suggested)} for child, number, suggested in chosen]


def numbers_of(form: Any) -> list[int]:
    """The number that the boxes of each child told have on the page: empty children are left out."""
    entries = enumerate(form.children)
    told = [entry for position, entry in entries if entry.form.told() or position == 0]
    return [int(entry.name.rpartition("-")[2]) for entry in told]


def ask_who_is_known(connection: Connection, *, case_id: int, form: Any) -> None:
    """Raises WhoIsKnown, so that everything is undone, when a child of the new case may be known."""
    suspected = suspicions_of_case(connection, case_id=case_id, person=person())
    if not suspected:
        return
    questions = _questions(suspected, _places(connection, case_id), numbers_of(form))
    if questions:
        raise WhoIsKnown(questions, suspected.values())
    flash(SPEAK)


def _questions(
    suspected: Mapping[str, Suggestions], places: Mapping[str, tuple[int, str]], numbers: Sequence[int]
) -> list[Question]:
    return [
        Question(numbers[places[public_id][0]], places[public_id][1], found)
        for public_id, found in suspected.items()
        if found.known
    ]


def known_page(asked: WhoIsKnown, *, title: str) -> str | tuple[str, int]:
    """The question, with all that was typed kept for when it is answered."""
    told_managers(*asked.found)
    answered = "asked" in request.form
    html = render_template(
        "people/who_is_known.html",
        questions=asked.questions,
        chosen={one.position: request.form.get(f"known-{one.position}", "") for one in asked.questions},
        kept=[
            (name, value)
            for name, values in request.form.lists()
            if _is_kept(name, asked.questions)
            for value in values
        ],
        failed=answered,
        form_has_errors=answered,
        title=title,
        words=words,
        now=services().now(),
    )
    return (html, 422) if answered else html


def _is_kept(name: str, questions: Sequence[Question]) -> bool:
    asked = {f"{part}-{one.position}" for one in questions for part in ("known", "shown")}
    return name not in NOT_KEPT and name != "asked" and not name.startswith("do_") and name not in asked


def _choice(position: int, suggested: Suggestions) -> dict[str, Any]:
    chosen = request.form.get(f"known-{position}", "")
    shown = set(request.form.getlist(f"shown-{position}"))
    still = [one.public_id for one in suggested.known if one.public_id in shown]
    if chosen == NONE_OF_THESE and still:
        return {"not_known_as": still}
    return (
        {"person": chosen, "not_known_as": [one for one in still if one != chosen]} if chosen in still else {}
    )


def _places(connection: Connection, case_id: int) -> dict[str, tuple[int, str]]:
    child = aliased(PersonRow)
    rows = connection.execute(
        select(child.public_id, child.given_name, child.family_name, CasePerson.position)
        .join(CasePerson, CasePerson.person_id == child.id)
        .where(CasePerson.case_id == case_id, CasePerson.is_child)
    )
    return {row.public_id: (row.position, f"{row.given_name} {row.family_name}".strip()) for row in rows}
