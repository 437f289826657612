"""Does something start every clock, and can something always stop it while it runs?"""

from collections.abc import Iterator

from earlyhelp.pathway.definition import Clock, Pathway
from earlyhelp.pathway.form import near
from earlyhelp.pathway.lint.finding import Finding, any_of
from earlyhelp.pathway.lint.running import Runs, runs_of
from earlyhelp.pathway.lint.travel import Travel

DECIDING = ("level_of_need", "urgency", "agreement")
"""Facts that a due moment may depend on (see Facts.deciding)."""


def check_clocks(pathway: Pathway, ways: Travel) -> Iterator[Finding]:
    for clock in pathway.clocks.values():
        runs = runs_of(pathway, clock, ways)
        yield from _starts(pathway, clock, ways, runs)
        yield from _stops(pathway, clock, ways, runs)
        yield from _ends(pathway, clock, runs)
        yield from _anchor(pathway, clock)
        yield from _due_by(pathway, clock, runs)
        yield from _only_when(pathway, clock)
        yield from _sooner(pathway, clock)
        yield from _pauses(pathway, clock, runs)


def _starts(pathway: Pathway, clock: Clock, ways: Travel, runs: Runs) -> Iterator[Finding]:
    at, started = ("clocks", clock.name, "starts"), {edge.action for edge in runs.starts}
    taken = {action for _, action in ways.taken}
    for name in clock.starts:
        if name in taken and name not in started:
            where = f" into {any_of(clock.into)}" if clock.into else ""
            problem = f"'{name}' never starts it{where}: it would be void at once"
            yield Finding(at, problem, f"Take '{name}' out of starts")
    for state in clock.into:
        reached = {edge.to for edge in ways.edges if edge.action in clock.starts}
        if state in pathway.states and started and state not in reached:
            problem = f"no action that starts this clock leads into '{state}'"
            yield Finding(("clocks", clock.name, "into"), problem, near(state, reached))


def _stops(pathway: Pathway, clock: Clock, ways: Travel, runs: Runs) -> Iterator[Finding]:
    if not runs.starts:
        return
    at, stopping = ("clocks", clock.name, "stops"), {move.edge.action for move in runs.stops}
    for name in clock.stops:
        if name in pathway.actions and name not in stopping and pathway.actions[name].roles:
            problem = f"'{name}' cannot happen while this clock runs"
            yield Finding(at, problem, f"Take '{name}' out of stops")
    stuck = sorted(
        state for state in runs.never_stopped(ways) & ways.reaching_an_end if not pathway.states[state].final
    )
    if stuck and stopping:
        problem = f"runs on into {any_of(stuck)}, where nothing that follows can stop it but closing"
        yield Finding(at, problem, "Add the action that should have stopped it")


def _ends(pathway: Pathway, clock: Clock, runs: Runs) -> Iterator[Finding]:
    at, ending = ("clocks", clock.name, "ends"), {move.edge.action for move in runs.endings}
    for name in clock.ends:
        if name in {*clock.starts, *clock.stops}:
            problem = f"'{name}' starts or stops this clock: it cannot end it without a judgement as well"
            yield Finding(at, problem, f"Take '{name}' out of ends")
        elif runs.starts and name in pathway.actions and pathway.actions[name].roles and name not in ending:
            problem = f"'{name}' cannot happen while this clock runs"
            yield Finding(at, problem, f"Take '{name}' out of ends")


def _anchor(pathway: Pathway, clock: Clock) -> Iterator[Finding]:
    """A clock that only its own recurring action starts never starts a first time, when it matters."""
    starting = [pathway.actions[name] for name in clock.starts if name in pathway.actions]
    if starting and all(action.name in clock.stops and action.to == "same" for action in starting):
        problem = "comes back after each time, but nothing starts it the first time"
        mend = "Add to starts the action that brings a case to this point"
        yield Finding(("clocks", clock.name, "starts"), problem, mend)


def _due_by(pathway: Pathway, clock: Clock, runs: Runs) -> Iterator[Finding]:
    at, fact = ("clocks", clock.name), clock.due_by
    if fact is None:
        if clock.dues:
            yield Finding((*at, "dues"), "is not used: due_by does not say which fact decides", "Add due_by")
        return
    if fact not in DECIDING:
        yield Finding((*at, "due_by"), f"{fact} cannot decide when it is due", near(fact, DECIDING))
        return
    for key in ("due_after", "or_sooner"):
        if key in clock.model_fields_set and key == "due_after" and clock.due_after:
            yield Finding((*at, key), "is not used where due_by decides", f"Take {key} out")
    codes = _codes_of(pathway, fact)
    for code in clock.dues:
        if codes and code not in codes:
            yield Finding((*at, "dues", code), f"'{code}' is no value of {fact}", near(code, codes))
    missing = sorted(codes - set(clock.dues))
    if missing:
        problem = f"does not say when it is due where {fact} is {any_of(missing)}"
        yield Finding((*at, "dues"), problem, f"Add {missing[0]} = {{ … }}")
    unset = sorted({edge.action for edge in runs.starts if None in edge.known[fact]})
    for name in unset:
        problem = f"'{name}' may start it while {fact} is unknown: nobody could say when it is due"
        mend = f"Give '{name}' a required field that sets {fact}"
        yield Finding((*at, "due_by"), problem, mend)


def _only_when(pathway: Pathway, clock: Clock) -> Iterator[Finding]:
    for fact, values in clock.only_when.items():
        at = ("clocks", clock.name, "only_when", fact)
        if fact not in DECIDING:
            yield Finding(at, f"{fact} cannot decide whether it runs", near(fact, DECIDING))
            continue
        codes = _codes_of(pathway, fact)
        for value in values:
            if codes and value not in codes:
                yield Finding(at, f"'{value}' is no value of {fact}", near(value, codes))


def _codes_of(pathway: Pathway, fact: str) -> set[str]:
    return {
        code
        for action in pathway.actions.values()
        for field in action.fields
        if field.sets == fact and field.codes
        for code in pathway.codes.get(field.codes, {})
    }


def _sooner(pathway: Pathway, clock: Clock) -> Iterator[Finding]:
    if clock.or_sooner is None:
        return
    at = ("clocks", clock.name, "or_sooner")
    starting = [pathway.actions[name] for name in clock.starts if name in pathway.actions]
    dates = {a.name: {f.name for f in a.fields if f.type == "date"} for a in starting}
    restarting = [name for name in dates if name in clock.stops and pathway.actions[name].to == "same"]
    wanted = restarting or [name for name in dates if clock.or_sooner in dates[name]] or list(dates)
    for name in wanted:
        if clock.or_sooner not in dates[name]:
            problem = f"'{clock.or_sooner}' is not a date field of '{name}'"
            yield Finding(at, problem, near(clock.or_sooner, dates[name]))


def _pauses(pathway: Pathway, clock: Clock, runs: Runs) -> Iterator[Finding]:
    if not clock.pausable or not runs.starts:
        return
    kinds = {pathway.actions[edge.action].kind for _, edge, _ in runs.moves}
    for kind, verb in (("clock_paused", "pause"), ("clock_resumed", "resume")):
        if kind not in kinds:
            problem = f"may be paused, but no action of kind {kind} can {verb} it while it runs"
            mend = f"Add an action of kind {kind}, or take pausable out"
            yield Finding(("clocks", clock.name, "pausable"), problem, mend)
