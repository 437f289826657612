"""Do the rungs of every clock stand in order: warnings before it is due, escalations one after the other?"""

from collections.abc import Iterator
from itertools import pairwise

from earlyhelp.pathway.definition import Before, Clock, Office, Pathway
from earlyhelp.pathway.lint.finding import Finding
from earlyhelp.pathway.spans import Span

HOURS = {"hours": 1.0, "days": 24.0, "weeks": 168.0, "months": 730.5, "working_days": 33.6}
"""About how long a span lasts: enough to see which of two is longer."""
WORKING_DAYS_A_WEEK = 5


def check_ladders(pathway: Pathway) -> Iterator[Finding]:
    if pathway.office.opens >= pathway.office.closes:
        yield Finding(("office", "closes"), "the office closes before it opens", "Mend one of the times")
    for clock in pathway.clocks.values():
        yield from _warnings(clock, pathway.office)
        yield from _escalations(clock, pathway.office)
        yield from _counting(clock)


def spans_of(clock: Clock) -> list[Span]:
    """Every span in which this clock may be due."""
    return [*([clock.due] if clock.due else []), *clock.dues.values(), *clock.due_after.values()]


def about(span: Span, office: Office) -> float:
    """About how many hours of the world the span lasts."""
    if span.kind == "working_hours":
        day = (office.closes.hour - office.opens.hour) or 1
        return span.count * HOURS["weeks"] / (WORKING_DAYS_A_WEEK * day)
    return span.count * HOURS[span.kind]


def _warnings(clock: Clock, office: Office) -> Iterator[Finding]:
    at = ("clocks", clock.name, "warn")
    for number, warning in enumerate(clock.warn):
        if isinstance(warning, Before):
            yield from _before(clock, (*at, str(number)), warning.before, office)
    for span in spans_of(clock):
        shares = [_share(warning, span, office) for warning in clock.warn]
        if any(earlier >= later for earlier, later in pairwise(shares)):
            yield Finding(at, f"are out of order where it is due in {span}", "Write the earliest first")
            break


def _before(clock: Clock, path: tuple[str, ...], before: Span, office: Office) -> Iterator[Finding]:
    if before.count == 0:
        yield Finding(path, "warns only when it is due", "Give a longer span")
    for span in spans_of(clock):
        if about(before, office) >= about(span, office):
            problem = f"warns {before} before, which is no later than its start: it is due in {span}"
            yield Finding(path, problem, "Give a shorter span, or a share as 80%")
            break


def _share(warning: str | Before, span: Span, office: Office) -> float:
    """How much of the time has passed when it warns."""
    if isinstance(warning, Before):
        return 1 - about(warning.before, office) / (about(span, office) or 1)
    return int(warning.rstrip("%")) / 100


def _escalations(clock: Clock, office: Office) -> Iterator[Finding]:
    at = ("clocks", clock.name, "escalate")
    for number, rung in enumerate(clock.escalate):
        if rung.after.count == 0:
            yield Finding(
                (*at, str(number), "after"), "comes at the same time as the breach", "Give a longer span"
            )
    for number, (one, other) in enumerate(pairwise(clock.escalate), start=1):
        if about(one.after, office) >= about(other.after, office):
            problem = f"the rungs are out of order: {one.after}, then {other.after}"
            yield Finding((*at, str(number), "after"), problem, "Write the earliest first")


def _counting(clock: Clock) -> Iterator[Finding]:
    if not all(span.kind in {"hours", "working_hours"} for span in spans_of(clock)):
        return
    for key in ("cut_off", "count_from", "until"):
        if key in clock.model_fields_set:
            problem = "has no meaning for a clock of hours: hours run from the very start"
            yield Finding(("clocks", clock.name, key), problem, f"Take {key} out, or count in days")
