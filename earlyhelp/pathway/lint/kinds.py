"""Does every action do what its kind says? Measures and pages rely on kinds, never on names."""

from collections.abc import Iterator
from typing import NamedTuple

from earlyhelp.pathway.definition import Action, Field, Pathway
from earlyhelp.pathway.lint.finding import Finding, any_of
from earlyhelp.pathway.lint.travel import Travel
from earlyhelp.pathway.loading import PAUSABLE_CODES
from earlyhelp.pathway.vocabulary import BELOW_THRESHOLD, SCREENING_DECISIONS

BEGINNING = frozenset({"contact", "step_down"})
AT_THE_FRONT_DOOR = frozenset({"screening", "information", "enquiry", "allocation"})
NEEDS_A_LEVEL = BELOW_THRESHOLD | {"referral", "acceptance"}
NEEDS_WORDS = (SCREENING_DECISIONS - {"contact_joined"}) | {
    "step_up_accepted",
    "step_up_returned",
    "assessment_authorised",
    "assessment_returned",
    "reallocation",
    "reopening",
    "agreement_withdrawn",
}
"""Kinds of decision that nobody may take without saying why (domain.md, quality of practice)."""

CLOSED = frozenset({"closed"})
COMES_TO: dict[str, frozenset[str]] = {
    "referral": frozenset({"step_up"}),
    "step_up_requested": frozenset({"step_up"}),
    "acceptance": AT_THE_FRONT_DOOR | {"first_contact", "assessment"},
    **dict.fromkeys(["no_further_action", "advice", "signpost", "agreement_refused", "closing"], CLOSED),
}
COMES_FROM: dict[str, frozenset[str]] = {
    "step_up_accepted": frozenset({"step_up"}),
    "step_up_returned": frozenset({"step_up"}),
    "assessment_authorised": frozenset({"authorisation", "assessment"}),
    "assessment_returned": frozenset({"authorisation"}),
    "reopening": CLOSED,
    **dict.fromkeys(SCREENING_DECISIONS - {"contact_joined"}, AT_THE_FRONT_DOOR),
}
"""Between which kinds of state an action of a kind goes, where a measure relies on it."""


class Asked(NamedTuple):
    """A required field that casework reads by its name."""

    name: str
    types: tuple[str, ...]
    codes: str | None = None


TEXTS = ("text", "long_text")
REASON = Asked("reason", TEXTS)
CLOCK = Asked("clock", ("choice",), PAUSABLE_CODES)
ASKS = {
    "contact": [Asked(name, ("choice",)) for name in ("source", "channel", "agreement")],
    "strategy_discussion": [Asked("took_part", ("choices",))],
    "clock_paused": [CLOCK, REASON],
    "clock_resumed": [CLOCK, REASON],
    "correction": [Asked("event", ("score",)), Asked("happened_at", ("moment",)), REASON],
}
SETS = {
    "allocation": "lead_professional",
    "reallocation": "lead_professional",
    **dict.fromkeys(NEEDS_A_LEVEL, "level_of_need"),
}
"""Kinds of action that must set a fact."""


def check_kinds(pathway: Pathway, ways: Travel) -> Iterator[Finding]:
    for action in pathway.actions.values():
        yield from _begins(action)
        yield from _goes(pathway, action, ways)
        yield from _asks(pathway, action)
        yield from _says_why(action)


def _begins(action: Action) -> Iterator[Finding]:
    at = ("actions", action.name)
    if action.opens_a_case and action.kind not in BEGINNING:
        problem = f"has no `from`, but an action of kind {action.kind} begins no case"
        yield Finding(at, problem, 'Add from = ["…"]')
    elif not action.opens_a_case and action.kind in BEGINNING:
        problem = f"is of kind {action.kind}, which begins a case, but has `from`"
        yield Finding((*at, "from"), problem, "Take `from` out, or change the kind")


def _goes(pathway: Pathway, action: Action, ways: Travel) -> Iterator[Finding]:
    steps = [edge for edge in ways.edges if edge.action == action.name]
    wanted = COMES_TO.get(action.kind)
    if wanted and steps and not any(pathway.states[edge.to].kind in wanted for edge in steps):
        problem = f"is of kind {action.kind}, but never comes to a state of kind {any_of(sorted(wanted))}"
        yield Finding(("actions", action.name, "to"), problem, "Change where it leads, or its kind")
    wanted = COMES_FROM.get(action.kind)
    for source in action.sources:
        kind = pathway.states[source].kind if source in pathway.states else None
        if wanted and kind and kind not in wanted:
            problem = f"is of kind {action.kind}, but starts from '{source}', which is of kind {kind}"
            yield Finding(
                ("actions", action.name, "from"), problem, f"Take '{source}' out, or change the kind"
            )


def _asks(pathway: Pathway, action: Action) -> Iterator[Finding]:
    at = ("actions", action.name)
    for asked in _asked_of(pathway, action):
        field = action.field(asked.name)
        fits = field is not None and field.type in asked.types and field.required is True
        if not fits or (asked.codes and field and field.codes != asked.codes):
            codes = f', codes = "{asked.codes}"' if asked.codes else ""
            problem = f"an action of kind {action.kind} needs the required field '{asked.name}'"
            mend = f'Add {{ name = "{asked.name}", title = "…", type = "{asked.types[-1]}"{codes} }}'
            yield Finding((*at, "fields"), problem, mend)
    fact = SETS.get(action.kind)
    if fact and not any(field.sets == fact and field.required is True for field in action.fields):
        problem = f"an action of kind {action.kind} needs a required field that sets {fact}"
        yield Finding((*at, "fields"), problem, f'Add sets = "{fact}" to the field that says it')
    if action.kind in {"signpost", "service_reached"}:
        yield from _services(action)


def _asked_of(pathway: Pathway, action: Action) -> list[Asked]:
    if action.kind == "contact_joined" and action.to in pathway.states:
        return [Asked("case_reference", TEXTS)]
    return ASKS.get(action.kind, [])


def _services(action: Action) -> Iterator[Finding]:
    def fits(field: Field) -> bool:
        answers = field.codes is not None
        return field.type == "services" and field.required is True and answers == (action.kind != "signpost")

    if not any(map(fits, action.fields)):
        what = "which services" if action.kind == "signpost" else "of each service what happened, with codes"
        problem = f"an action of kind {action.kind} asks in one required field {what}"
        mend = 'Add { name = "services", title = "…", type = "services" }'
        yield Finding(("actions", action.name, "fields"), problem, mend)


def _says_why(action: Action) -> Iterator[Finding]:
    if action.kind not in NEEDS_WORDS:
        return
    if not any(field.type in TEXTS and field.required is not False for field in action.fields):
        problem = f"an action of kind {action.kind} needs a required text: why it was decided"
        mend = 'Add { name = "rationale", title = "Why is this the right decision?", type = "long_text" }'
        yield Finding(("actions", action.name, "fields"), problem, mend)
