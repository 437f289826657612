"""What a screener needs while a contact waits for a decision: who was asked, what stands in the way, who has it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from earlyhelp.casework.claims import HeldBySomebody, holder_of
from earlyhelp.casework.perform import actor_on
from earlyhelp.casework.reading import CaseRow, facts_for_guards, facts_of
from earlyhelp.insight.cases import front_door_managers
from earlyhelp.pathway import machine
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Action
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.pathway.vocabulary import SCREENING_DECISIONS
from earlyhelp.permissions import Person, may
from earlyhelp.records.cases import AT_THE_FRONT_DOOR
from earlyhelp.web.forms.fields import Radios
from earlyhelp.web.forms.from_action import ActionForm
from earlyhelp.web.presenters.words import by_end_of, moment_words, time_left, time_words

A_MANAGER_CONFIRMS = "manager_confirms_repeat"
EVERYBODY = "Everybody who was asked"


class Request(NamedTuple):
    """One agency asked for information: when, by when, and how it stands."""

    agency: str
    asked: str
    due: str
    tag: str
    colour: str
    answered: str


class Deciding(NamedTuple):
    """The deciding part of a case's page."""

    requests: list[Request]
    decisions: list[Action]
    others: list[Action]
    refused: list[tuple[Action, str]]
    managers: list[str]
    held: HeldBySomebody | None
    is_mine: bool
    until: str
    may_claim: bool


def is_waiting(case: CaseRow) -> bool:
    return bool(case.is_open and case.state_kind in AT_THE_FRONT_DOOR)


def deciding(
    connection: Connection,
    *,
    case: CaseRow,
    engine: CompiledPathway,
    clocks: Sequence[Any],
    possible: Sequence[Action],
    person: Person,
    now: datetime,
) -> Deciding | None:
    """What the page adds while the case waits at the front door; None elsewhere."""
    if not is_waiting(case):
        return None
    running = [clock for clock in clocks if clock.status in {"running", "paused"}]
    refused = objections(connection, case, engine, running, person, now)
    actions = engine.pathway.actions
    confirms = any(guard.name == A_MANAGER_CONFIRMS for name in refused for guard in actions[name].guards)
    mine = case.claimed_by_id == person.id and case.claimed_until is not None and case.claimed_until > now
    return Deciding(
        requests=[_request(clock, engine, now) for clock in clocks if clock.about],
        decisions=[action for action in possible if action.kind in SCREENING_DECISIONS],
        others=[action for action in possible if action.kind not in SCREENING_DECISIONS],
        refused=[(actions[name], words) for name, words in refused.items()],
        managers=front_door_managers(connection) if confirms else [],
        held=holder_of(connection, case=case, person=person, now=now),
        is_mine=mine,
        until=time_words(case.claimed_until.astimezone(LONDON)) if case.claimed_until else "",
        may_claim=may(person, "front_door"),
    )


def objections(
    connection: Connection,
    case: CaseRow,
    engine: CompiledPathway,
    running: Iterable[Any],
    person: Person,
    now: datetime,
) -> Mapping[str, str]:
    """Actions that only a guard keeps from this person, each with what would make it possible."""
    here = engine.pathway.actions_from(case.state)
    facts = facts_of(case, running, **facts_for_guards(connection, case_id=case.id, actions=here))
    return machine.objections(engine, facts, actor_on(person, case), now)


def tailored(
    form_class: type[ActionForm],
    *,
    action: Action,
    engine: CompiledPathway,
    running: Iterable[Any],
    joinable: Sequence[str],
) -> type[ActionForm]:
    """The form with what is known turned into choices: who has not answered yet, which open cases there are."""
    parts: dict[str, Any] = {}
    waited = [clock for clock in running if clock.about and action.name in _clock(engine, clock).stops]
    field = action.field(_clock(engine, waited[0]).each or "") if waited else None
    if field is not None and len(waited) > 1:
        choices = {clock.about: clock.about for clock in waited} | {"": EVERYBODY}
        parts[field.name] = Radios(field.title, choices=choices)
    elif field is not None:
        parts[field.name] = None
    if action.kind == "contact_joined" and action.field("case_reference") and joinable:
        title = "Which open case?"
        parts["case_reference"] = Radios(title, choices={one: one for one in joinable})
    for name, part in parts.items():
        if part is not None:  # where it stood in the form
            part.creation_counter = getattr(form_class, name).creation_counter
    return type("ActionForm", (form_class,), parts) if parts else form_class


def _clock(engine: CompiledPathway, clock: Any) -> Any:
    """What the version of the case says of a running clock. Moving a case ends those that its new version lacks."""
    return engine.pathway.clocks[clock.name]


def _request(clock: Any, engine: CompiledPathway, now: datetime) -> Request:
    due = by_end_of(clock.due_at, now)
    asked = moment_words(clock.started_at, now)
    if clock.status in {"running", "paused"}:
        left = time_left(clock.due_at, now, engine.calendar)
        return Request(clock.about, asked, due, left.words, left.colour, "")
    ended = moment_words(clock.stopped_at, now)
    tag, colour = {"met": ("answered", "green"), "met_late": ("answered late", "red")}.get(
        clock.status, ("no longer needed", "grey")
    )
    return Request(clock.about, asked, due, tag, colour, ended)
