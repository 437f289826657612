"""What of the engine's answer holds for other words and at another moment too: many contacts begin alike."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from earlyhelp.pathway.calendar import Calendar
from earlyhelp.pathway.consequences import schedule_of
from earlyhelp.pathway.definition import Action, Field, Pathway, RequiredWhen
from earlyhelp.pathway.facts import ClockStart, Step
from earlyhelp.pathway.fields import Unreadable, is_empty, read_text

PLAIN = frozenset({"text", "long_text"})


def free_words(pathway: Pathway, action: Action) -> tuple[Field, ...]:
    """Fields of plain words that no guard, way, clock, fact or other field looks at. None where there are guards."""
    if action.guards:
        return ()
    asked = {way.when for way in action.ways} | {action.outcome_field}
    asked |= {field.required.when for field in action.fields if isinstance(field.required, RequiredWhen)}
    for clock in pathway.clocks.values():
        asked |= {clock.each, clock.or_sooner}
    return tuple(
        field
        for field in action.fields
        if field.type in PLAIN and field.sets is None and field.name not in asked
    )


def read_free_words(
    fields: tuple[Field, ...], given: Mapping[str, Any], on: date
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The clean words by name, and words per field for what is wrong: what `read_fields` says of them."""
    clean: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for field in fields:
        if not is_empty(given.get(field.name)):
            try:
                clean[field.name] = read_text(field, given[field.name], {}, on)
            except Unreadable as fault:
                errors[field.name] = [str(fault)]
    return clean, errors


def days_that_matter(pathway: Pathway, action: Action) -> tuple[date, ...] | None:
    """The first days from which the answer to an opening action is another one, because a code begins or ends.

    On all days between two of them it hangs on its moment only in the moments of the clocks that it starts. None where
    it hangs on the moment in other ways too.
    """
    sooner = any(clock.or_sooner for clock in pathway.clocks.values() if action.name in clock.starts)
    if action.guards or sooner or not action.opens_a_case:
        return None
    codes = [code for field in action.fields for code in pathway.choices(field).values()]
    begin = {code.valid_from for code in codes if code.valid_from}
    return tuple(sorted(begin | {code.valid_to + timedelta(days=1) for code in codes if code.valid_to}))


def started_at(step: Step, at: datetime, calendar: Calendar) -> tuple[ClockStart, ...]:
    """The clocks that an opening step starts, had it been taken at this moment; see `days_that_matter`."""
    return tuple(
        ClockStart(
            start.clock,
            schedule_of(start.clock, start=at, span=start.span, calendar=calendar),
            start.span,
            about=start.about,
        )
        for start in step.starts
    )
