"""What the engine answers to contacts that begin: it is asked once about those that begin alike."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from earlyhelp.pathway.alike import days_that_matter, free_words, read_free_words, started_at
from earlyhelp.pathway.facts import Actor, BadFields, Facts, Step
from earlyhelp.pathway.machine import CompiledPathway

MOST_REMEMBERED = 10_000
NO_CASE_YET = Facts(state=None)


class Answers:
    """The engine's answers to one opening action of one actor.

    Asking it anew for each of a hundred thousand contacts took a fifth of the import: there are a few thousand sources,
    agreements and needs together, and words and moments change nothing but themselves and the clocks.
    """

    def __init__(self, engine: CompiledPathway, action: str, actor: Actor) -> None:
        self._engine, self._action, self._actor = engine, action, actor
        declared = engine.pathway.actions[action]
        self._free = free_words(engine.pathway, declared)
        self._names = frozenset(field.name for field in self._free)
        self._days = days_that_matter(engine.pathway, declared)
        self._found: dict[Any, Step] = {}

    def step(self, fields: Mapping[str, Any], children: int, at: datetime) -> Step:
        """What `CompiledPathway.step` answers. Raises BadFields."""
        held = ((name, self._held(name, value)) for name, value in fields.items())
        key = (self._time(at), children, *held)
        found = self._found.get(key)
        if found is not None:
            return self._likewise(found, fields, at)
        given = {**fields, "children": [{} for _ in range(children)]}
        found = self._engine.step(NO_CASE_YET, self._action, given, self._actor, at)
        if len(self._found) >= MOST_REMEMBERED:
            self._found.clear()
        self._found[key] = found
        return found

    def _time(self, at: datetime) -> datetime | int:
        """What the answer hangs on of the moment, its clocks apart."""
        return at if self._days is None else bisect_right(self._days, self._engine.calendar.date_of(at))

    def _held(self, name: str, value: Any) -> Any:
        """What the answer hangs on: of free words, whether there are any."""
        if name in self._names:
            return bool(value.strip()) if isinstance(value, str) else repr(value)
        return tuple(value) if isinstance(value, list) else value

    def _likewise(self, found: Step, fields: Mapping[str, Any], at: datetime) -> Step:
        calendar = self._engine.calendar
        clean, errors = read_free_words(self._free, fields, calendar.date_of(at))
        if errors:
            raise BadFields(errors)
        starts = found.starts if self._days is None else started_at(found, at, calendar)
        return found._replace(fields={**found.fields, **clean}, starts=starts)
