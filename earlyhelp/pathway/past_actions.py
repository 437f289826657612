"""Whether a file would have let something of the past happen: place, role, answers, and guards that events can tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from earlyhelp.pathway.calendar import Calendar
from earlyhelp.pathway.definition import Action, Code, Pathway, RequiredWhen
from earlyhelp.pathway.facts import Actor, Facts
from earlyhelp.pathway.guards import GUARDS, Situation
from earlyhelp.pathway.loading import PAUSABLE_CODES

DECIDING = frozenset({"level_of_need", "urgency", "agreement"})
TOLD_BY_EVENTS = frozenset(
    {
        "agreement_given",
        "level_in",
        "not_the_author",
        "takes_part",
        "closed_within",
        "outcome_in",
        "manager_confirms_repeat",
    }
)
"""Guards whose facts the history tells. The others look at records as they were then: nobody kept those."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as it was, at the moment it is now held to have happened. `on` is its local day.

    `managed` says that whoever acted is a manager, in whatever role they did. `lead_after` led the case from then on.
    """

    action: str
    kind: str
    from_state: str | None
    to_state: str
    at: datetime
    on: date
    role: str
    team_id: int | None
    fields: Mapping[str, Any]
    actor_id: int | None = None
    lead_after: int | None = None
    managed: bool = False


@dataclass(slots=True)
class Past:
    """What is known of a case just before an event."""

    state: str | None = None
    came_from: str | None = None
    outcome: str | None = None
    closed_at: datetime | None = None
    lead: int | None = None
    author: int | None = None
    below_threshold: tuple[datetime, ...] = ()
    deciding: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(sorted(DECIDING)))

    def follow(self, action: Action, event: Happened, target: str, *, final: bool) -> None:
        """Go on to `target`, as the file does with what this event recorded."""
        if not final:
            self.outcome = self.closed_at = None
        else:
            said = event.fields.get(action.outcome_field) if action.outcome_field else None
            self.outcome = str(said) if said else action.outcome_from(self.came_from) or self.outcome
            self.closed_at = event.at if target != self.state else self.closed_at
        self.lead, self.state = event.lead_after, target
        if action.kind == "reopening":
            self.author = self.deciding["urgency"] = None
        if action.kind == "agreement_withdrawn":
            self.deciding["agreement"] = "refused"
        if action.kind == "assessment_submitted":
            self.author = event.actor_id


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with codes: which may be answered, and on which days where that matters."""

    name: str
    title: str
    codes: Mapping[str, Code]
    dated: bool

    def refuses(self, event: Happened) -> bool:
        given = event.fields.get(self.name)
        if given is None:
            return False
        answers = given.values() if isinstance(given, dict) else [given] if isinstance(given, str) else given
        for answer in answers:
            code = self.codes.get(answer)
            if code is None or (self.dated and not code.is_valid_on(event.on)):
                return True
        return False


class Doorkeeper:
    """Answers for one file. Built once: what each action asks is looked up, not worked out again for each event."""

    def __init__(self, pathway: Pathway, calendar: Calendar) -> None:
        self.pathway, self.calendar = pathway, calendar
        actions = pathway.actions.values()
        self._required = {
            action.name: [(f.name, f.title, f.required) for f in action.fields if f.required]
            for action in actions
        }
        self._choices = {action.name: list(_choices(pathway, action)) for action in actions}
        self._guards = {
            action.name: [guard for guard in action.guards if guard.name in TOLD_BY_EVENTS]
            for action in actions
        }

    def why_not(self, action: Action, past: Past, event: Happened) -> str | None:
        """Why the file would have refused, in its own words; None when it would not."""
        state = past.state
        if (state not in action.sources) if state is not None else not action.opens_a_case:
            where = self.pathway.states[state].title if state else "a case that does not exist"
            return f"not possible from: {where}"
        if event.role not in action.roles:
            return f"not for: {self.pathway.term(event.role)}"
        for name, title, needed in self._required[action.name]:
            if name not in event.fields and name != "children" and _asks(needed, event.fields):
                return f"needs an answer to: {title}"
        for choice in self._choices[action.name]:
            if choice.refuses(event):
                return f"no such answer to: {choice.title}"
        return self._objection(action, past, event) if self._guards[action.name] else None

    def _objection(self, action: Action, past: Past, event: Happened) -> str | None:
        situation = Situation(
            Facts(
                state=past.state,
                outcome=past.outcome,
                closed_at=past.closed_at,
                lead_professional=past.lead,
                assessment_author=past.author,
                level_of_need=past.deciding["level_of_need"],
                agreement=past.deciding["agreement"],
                earlier_below_threshold=tuple(at for at in past.below_threshold if at < event.at),
            ),
            event.fields,
            Actor(event.actor_id, frozenset({event.role, *(["manager"] if event.managed else [])})),
            event.at,
            self.calendar,
            self.pathway.terms,
        )
        for guard in self._guards[action.name]:
            objection = GUARDS[guard.name].check(situation, **guard.parameters)
            if objection is not None:
                return str(objection.words)
        return None


def not_told(pathway: Pathway) -> list[str]:
    """Guards of the file that no history can answer, in words."""
    named = dict.fromkeys(guard.name for action in pathway.actions.values() for guard in action.guards)
    return [GUARDS[name].description for name in named if name not in TOLD_BY_EVENTS]


def _choices(pathway: Pathway, action: Action) -> Iterable[Choice]:
    for asked in action.fields:
        if asked.codes and asked.codes != PAUSABLE_CODES and asked.type in {"choice", "choices", "services"}:
            codes = pathway.choices(asked)
            dated = any(code.valid_from or code.valid_to for code in codes.values())
            yield Choice(asked.name, asked.title, codes, dated)


def _asks(needed: bool | RequiredWhen, fields: Mapping[str, Any]) -> bool:
    return fields.get(needed.when) in needed.values if isinstance(needed, RequiredWhen) else needed
