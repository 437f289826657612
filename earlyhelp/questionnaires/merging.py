"""Putting together what two people wrote in one section at the same time, losing nothing of either."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Answers = Mapping[str, Any]


class Merge(NamedTuple):
    """`agreed` is what only one of them changed, or both alike; `conflicts` are the questions somebody must decide."""

    agreed: Mapping[str, Any]
    conflicts: tuple[str, ...]


def merge(names: Iterable[str], *, base: Answers, theirs: Answers, mine: Answers) -> Merge:
    """Compare both with what they began from. An answer that was taken out is a change like any other."""
    agreed: dict[str, Any] = {}
    conflicts: list[str] = []
    for name in names:
        before, other, own = base.get(name), theirs.get(name), mine.get(name)
        if own not in (before, other) and other != before:
            conflicts.append(name)
            continue
        chosen = other if own == before else own
        if chosen is not None:
            agreed[name] = chosen
    return Merge(agreed, tuple(conflicts))


def both(theirs: Any, mine: Any) -> Any:
    """What to begin from when both are wanted: texts one after the other, choices together, otherwise one's own."""
    if isinstance(theirs, list) and isinstance(mine, list):
        return [*theirs, *(item for item in mine if item not in theirs)]
    if isinstance(theirs, str) and isinstance(mine, str) and (" " in theirs or " " in mine):
        return f"{theirs}\n\n{mine}"
    return theirs if mine is None else mine
