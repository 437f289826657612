"""The past of an old case: what its row says was decided and done, taken through the engine in its order.

What is past is taken as it was: nothing is required and no guard is asked, for nobody can mend it now. The state that
each step leads to, and every clock, is the engine's word as always.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from earlyhelp.casework.bulk import Bulk
from earlyhelp.casework.bulk_cases import CaseInBulk, NotInBulk, moment_now
from earlyhelp.casework.bulk_clocks import ClocksInBulk
from earlyhelp.casework.import_values import DECISIONS, When
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Action, Pathway
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.pathway.machine import CompiledPathway, compile_pathway

MILESTONES: Mapping[str, tuple[str, ...]] = {
    "decided_at": DECISIONS,
    "answered_at": ("referrer_answered",),
    "allocated_at": ("allocation",),
    "first_contact_at": ("first_contact",),
    "assessment_submitted_at": ("assessment_submitted",),
    "assessment_authorised_at": ("assessment_authorised",),
    "plan_shared_at": ("plan_shared",),
    "reviewed_at": ("review",),
    "step_up_requested_at": ("step_up_requested",),
    "step_up_accepted_at": ("step_up_accepted",),
    "closed_at": ("closing",),
}
"""Columns of moments, in the order in which things happen, with the kinds of action that they tell of."""
BEFORE = {"assessment_authorised": "assessment_submitted"}
"""Lists often know only when an assessment was done: then it was submitted at that moment as well."""
OTHER_NAMES = {"how": "how_contacted"}
NOT_TOLD = "The list that was imported does not tell of this"
IN_THE_PAST = "Fell due before the case was imported"


@dataclass(frozen=True, slots=True, order=True)
class Milestone:
    """One thing that happened, in the order in which it did: of one day, in that in which things happen."""

    day: date
    place: int
    of_day: time
    column: str
    kind: str

    @property
    def when(self) -> When:
        return When(self.day, self.of_day if self.of_day != time(0) else None)


def of_the_past(engine: CompiledPathway) -> CompiledPathway:
    """The pathway as it takes what has happened already."""
    pathway = engine.pathway
    actions = {name: _lenient(action) for name, action in pathway.actions.items()}
    return compile_pathway(pathway.model_copy(update={"actions": actions}), engine.calendar)


def live_through(
    bulk: Bulk, case: CaseInBulk, values: Mapping[str, Any], *, opens: time, now: datetime, reason: str
) -> list[tuple[str, str]]:
    """Write what the row tells of, step by step; a field and words for each fault, after which no step is taken."""
    missing = _half_told(values)
    if missing:
        return missing
    before: datetime = case.columns.opened_at
    for told in sorted(_told(values)):
        at = told.when.moment(opens, no_earlier_than=before)
        faults = _faults_of_time(told, at, before, now) or _step(bulk, case, told, at, values, reason)
        if faults:
            return faults
        before = at
    return []


def leave_the_past(clocks: ClocksInBulk, case: CaseInBulk, mapped: frozenset[str], now: datetime) -> None:
    """End the clocks that the list cannot tell of, and settle what fell due: nobody is to be alarmed by the past."""
    told = {kind for column in mapped for kind in MILESTONES.get(column, ())}
    moment = moment_now(case, case.columns.last_event_at)
    kinds = {name: action.kind for name, action in case.engine.pathway.actions.items()}
    for clock in case.running():
        stops = {kinds[action] for action in case.engine.pathway.clocks[clock.name].stops}
        if not case.columns.is_open or not stops & told:
            clocks.void(clock, moment, NOT_TOLD)
    clocks.settle_past(case, now=now, words=IN_THE_PAST)


def _lenient(action: Action) -> Action:
    fields = [field.model_copy(update={"required": False, "only": []}) for field in action.fields]
    return action.model_copy(update={"fields": fields, "guards": []})


def _half_told(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    if values.get("decision") and "decided_at" not in values:
        return [("decided_at", "Say when it was decided")]
    if "decided_at" in values and not values.get("decision"):
        return [("decision", "Say what was decided")]
    return []


def _told(values: Mapping[str, Any]) -> Iterator[Milestone]:
    for place, (column, kinds) in enumerate(MILESTONES.items()):
        whens = values.get(column)
        if whens is None:
            continue
        kind = values["decision"] if column == "decided_at" else kinds[0]
        for when in whens if isinstance(whens, list) else [whens]:
            yield Milestone(when.day, place, when.of_day or time(0), column, kind)


def _faults_of_time(told: Milestone, at: datetime, before: datetime, now: datetime) -> list[tuple[str, str]]:
    if at > now:
        return [(told.column, "This must not be in the future")]
    if at < before:
        return [
            (told.column, f"This cannot lie before what came first, on {before.astimezone(LONDON):%d/%m/%Y}")
        ]
    return []


def _step(
    bulk: Bulk, case: CaseInBulk, told: Milestone, at: datetime, values: Mapping[str, Any], reason: str
) -> list[tuple[str, str]]:
    if told.kind == "closing" and not case.columns.is_open:
        return []  # the decision closed it
    pathway = case.engine.pathway
    action = _action_of(pathway, case.state, told.kind)
    if action is None and told.kind in BEFORE and _action_of(pathway, case.state, BEFORE[told.kind]):
        faults = _step(bulk, case, replace(told, kind=BEFORE[told.kind]), at, values, reason)
        return faults or _step(bulk, case, told, at, values, reason)
    if action is None:
        state = pathway.states[case.state].title
        return [(told.column, f"This is not possible from where the case was then: {state}")]
    fields = _fields(action, values)
    try:
        step, resolved = bulk.answer(case, action.name, fields, occurred_at=at, now=at)
    except BadFields as fault:
        back = {name: OTHER_NAMES.get(name, name) for name in fault.errors}
        return [(back[name], " ".join(words)) for name, words in fault.errors.items()]
    except (Refused, NotInBulk) as fault:
        return [(told.column, str(fault))]
    bulk.perform(case, step, resolved, occurred_at=at, now=at, reason=reason)
    return []


def _action_of(pathway: Pathway, state: str, kind: str) -> Action | None:
    return next((action for action in pathway.actions_from(state) if action.kind == kind), None)


def _fields(action: Action, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the row says of the action's own fields."""
    told = {field.name: values.get(OTHER_NAMES.get(field.name, field.name)) for field in action.fields}
    return {name: value for name, value in told.items() if value is not None and value != ""}
