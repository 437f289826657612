"""Where a clock may be running, and what can happen while it does."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from earlyhelp.pathway.definition import Clock, Pathway
from earlyhelp.pathway.lint.travel import Edge, Travel

ANYWHERE = "*"


class Place(NamedTuple):
    """A state, and where a step up came from while the case is in one: it goes back there and nowhere else."""

    state: str
    origin: str | None


class Move(NamedTuple):
    """A step taken while the clock runs."""

    before: Place
    edge: Edge
    after: Place


@dataclass(frozen=True)
class Runs:
    """Everywhere a clock may be running. In a final state it is void unless something possible there stops it."""

    clock: Clock
    starts: tuple[Edge, ...]
    places: frozenset[Place]
    moves: tuple[Move, ...]

    @cached_property
    def states(self) -> frozenset[str]:
        return frozenset(place.state for place in self.places)

    @cached_property
    def stops(self) -> tuple[Move, ...]:
        return tuple(move for move in self.moves if move.edge.action in self.clock.stops)

    @cached_property
    def endings(self) -> tuple[Move, ...]:
        return tuple(move for move in self.moves if move.edge.action in self.clock.ends)

    def never_stopped(self, ways: Travel) -> frozenset[str]:
        """States in which it may run while no sequence of people's actions could stop or end it."""
        found = {move.before for move in self.stops + self.endings if ways.by_people(move.edge)}
        while more := {move.before for move in self.moves if move.after in found} - found:
            found |= more
        return frozenset(place.state for place in self.places - found)


def runs_of(pathway: Pathway, clock: Clock, ways: Travel) -> Runs:
    """Follow the clock from everything that starts it until nothing new is found (see consequences.py)."""
    ended = _ended(pathway, clock, ways)
    starts = [
        edge
        for edge in ways.edges
        if edge.action in clock.starts and (not clock.into or edge.to in clock.into) and edge.to not in ended
    ]
    leaving: dict[str | None, list[Edge]] = defaultdict(list)
    for edge in ways.edges:
        leaving[edge.source].append(edge)
    waiting = [_arrival(pathway, edge, ANYWHERE) for edge in starts]
    places, moves = set(waiting), list[Move]()
    while waiting:
        place = waiting.pop()
        for move in _moves(pathway, place, leaving[place.state]):
            moves.append(move)
            goes_on = move.edge.action not in {*clock.stops, *clock.ends} and move.after.state not in ended
            if goes_on and move.after not in places:
                places.add(move.after)
                waiting.append(move.after)
    return Runs(clock, tuple(starts), frozenset(places), tuple(moves))


def _ended(pathway: Pathway, clock: Clock, ways: Travel) -> frozenset[str]:
    """The final states that make the clock void: nothing possible there stops it."""
    stopping = {edge.source for edge in ways.edges if edge.action in clock.stops and not edge.moves}
    return frozenset(name for name, state in pathway.states.items() if state.final and name not in stopping)


def _moves(pathway: Pathway, place: Place, edges: Iterable[Edge]) -> Iterable[Move]:
    for edge in edges:
        if not edge.goes_back or place.origin in {edge.to, ANYWHERE}:
            yield Move(place, edge, _arrival(pathway, edge, place.origin))


def _arrival(pathway: Pathway, edge: Edge, origin: str | None) -> Place:
    if pathway.states[edge.to].kind != "step_up":
        return Place(edge.to, None)
    return Place(edge.to, edge.source if edge.moves else origin)
