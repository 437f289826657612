"""What published counts tell of one that is kept back, by adding and subtracting spans.

A count over a span is what had come by its end less what had come before it began. A shown span therefore joins its
two ends; a span that is kept back can be worked out exactly when shown spans join its ends, over however many others.
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from earlyhelp.insight.measures.scene import Span

Ends = tuple[date, date]


def ways_to(kept_back: Iterable[Span], shown: Collection[Span]) -> list[Span]:
    """Shown spans by which the first span that can be worked out is worked out; none if no span can be."""
    for span in kept_back:
        way = _way(_ends(span), shown)
        if way:
            return way
    return []


def _ends(span: Span) -> Ends:
    return span.first, span.last + timedelta(days=1)


def _way(ends: Ends, shown: Collection[Span]) -> list[Span]:
    """The fewest shown spans that lead from one end to the other."""
    begin, goal = ends
    reached: dict[date, list[Span]] = {begin: []}
    waiting = deque([begin])
    while waiting and goal not in reached:
        here = waiting.popleft()
        for span, there in _next(here, shown):
            if there not in reached:
                reached[there] = [*reached[here], span]
                waiting.append(there)
    return reached.get(goal, [])


def _next(here: date, shown: Collection[Span]) -> Sequence[tuple[Span, date]]:
    ends = [(span, *_ends(span)) for span in shown]
    return [(span, last if first == here else first) for span, first, last in ends if here in (first, last)]
