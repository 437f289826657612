"""What social care is asked to take over: the most urgent first, to accept or return with reasons."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, render_template, url_for
from sqlalchemy import Connection

from earlyhelp.casework.pathways import compiled
from earlyhelp.insight import step_ups
from earlyhelp.insight.step_ups import StepUp
from earlyhelp.pathway.facts import Actor, Facts
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import place_asked
from earlyhelp.web.presenters.cases import ClockShown, shown_clock, state_title, words_of
from earlyhelp.web.presenters.places import written_place
from earlyhelp.web.presenters.words import age_words, moment_words
from earlyhelp.web.services import services

blueprint = Blueprint("step_ups", __name__, url_prefix="/management/step-ups")
ANSWERS = {"step_up_accepted": "Accept", "step_up_returned": "Return"}
LEAST_URGENT = 99
COLOURS = ("red", "orange", "green")


class Shown(NamedTuple):
    """One step up in words. `answers` are the links that this reader may follow."""

    reference: str
    link: str
    children: list[str]
    urgency: str
    rank: int
    asked: str
    came_from: str
    why: str
    clock: ClockShown | None
    answers: list[tuple[str, str]]

    @property
    def colour(self) -> str:
        return COLOURS[self.rank] if self.rank < len(COLOURS) else "grey"


@blueprint.get("")
@permitted("management")
def inbox() -> str:
    now = services().now()
    after = place_asked()
    with reading(services().engine) as connection:
        waiting, page = step_ups.waiting(connection, person=person(), after=after)
        rows = _shown(connection, waiting, person(), now)
    following = written_place(page.following)
    return render_template(
        "management/step_ups.html",
        rows=rows,
        decides=any(row.answers for row in rows),
        next_url=url_for("step_ups.inbox", after=following) if following else None,
    )


def _shown(connection: Connection, waiting: Sequence[StepUp], person: Person, now: datetime) -> list[Shown]:
    """The most urgent first; of the same urgency, what is due first."""
    engines = {
        pathway_id: compiled(connection, pathway_id=pathway_id)
        for pathway_id in {one.item.pathway_id for one in waiting}
    }
    rows = [_row(one, engines[one.item.pathway_id], person, now) for one in waiting]
    return sorted(rows, key=lambda row: row.rank)


def _row(one: StepUp, engine: CompiledPathway, person: Person, now: datetime) -> Shown:
    item, pathway = one.item, engine.pathway
    urgencies = {code: entry.label for code, entry in pathway.codes.get("urgency", {}).items()}
    ranks = {code: rank for rank, code in enumerate(urgencies)}
    clock = next((clock for clock in item.clocks if clock.kind == "step_up"), None)
    today = engine.calendar.date_of(now)
    return Shown(
        reference=item.reference,
        link=url_for("cases.page", reference=item.reference),
        children=[
            f"{child.name or 'Name not known'}, {age_words(child.date_of_birth, child.expected_birth_on, today)}"
            for child in item.children
        ],
        urgency=words_of(item.urgency or "", urgencies),
        rank=ranks.get(item.urgency or "", LEAST_URGENT),
        asked=f"{one.asked_by}, {moment_words(one.asked_at, now)}",
        came_from=state_title(pathway, one.came_from) if one.came_from else "",
        why=one.why,
        clock=shown_clock(clock, engine, now) if clock is not None else None,
        answers=_answers(item.reference, item.state, engine, person, now),
    )


def _answers(
    reference: str, state: str, engine: CompiledPathway, person: Person, now: datetime
) -> list[tuple[str, str]]:
    actor = Actor(id=person.id, roles=person.roles, team_kind=person.team_kind)
    possible = [engine.pathway.actions[name] for name in engine.possible(Facts(state=state), actor, now)]
    return [
        (ANSWERS[action.kind], url_for("cases.act", reference=reference, action=action.name))
        for action in possible
        if action.kind in ANSWERS
    ]
