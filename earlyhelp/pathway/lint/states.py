"""Can every case go its whole way: reach each state, leave it, and come to an end?"""

from collections.abc import Iterator

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.lint.finding import Finding
from earlyhelp.pathway.lint.travel import Travel
from earlyhelp.pathway.vocabulary import BACK

MAY_LEAVE_THE_END = frozenset({"reopening", "correction", "moved"})


def check_states(pathway: Pathway, ways: Travel) -> Iterator[Finding]:
    yield from _beginning(pathway)
    yield from _ends(pathway, ways)
    yield from _ways_through(pathway, ways)
    yield from _ways_back(pathway, ways)


def _beginning(pathway: Pathway) -> Iterator[Finding]:
    opening = pathway.opening_actions()
    if not opening:
        problem = "no action begins a case: there is no initial state"
        yield Finding(("actions",), problem, "Leave `from` out of the action that receives a contact")
    elif not any(action.kind == "contact" for action in opening):
        problem = "no action of kind contact begins a case: nothing could be received"
        yield Finding(("actions",), problem, 'Give one of the actions without `from` kind = "contact"')


def _ends(pathway: Pathway, ways: Travel) -> Iterator[Finding]:
    if not any(state.final for state in pathway.states.values()):
        yield Finding(("states",), "no state is final: a case could never close", "Add final = true to one")
    for name, state in pathway.states.items():
        if state.final != (state.kind == "closed"):
            problem = "a final state has the kind closed, and no other state has"
            yield Finding(
                ("states", name, "kind"), problem, 'Set kind = "closed" and final = true, or neither'
            )
    for action in pathway.actions.values():
        finals = [s for s in action.sources if s in pathway.states and pathway.states[s].final]
        leaves = any(
            edge.moves for edge in ways.edges if edge.action == action.name and edge.source in finals
        )
        if finals and leaves and action.kind not in MAY_LEAVE_THE_END:
            problem = f"leads out of the final state '{finals[0]}', but its kind is {action.kind}"
            mend = f"Take '{finals[0]}' out of from; only reopening leaves a final state"
            yield Finding(("actions", action.name, "from"), problem, mend)


def _ways_through(pathway: Pathway, ways: Travel) -> Iterator[Finding]:
    for name, state in pathway.states.items():
        at = ("states", name)
        if name not in ways.reached:
            yield Finding(
                at, "cannot be reached: no action leads here", "Add an action to it, or take it out"
            )
        elif state.final:
            continue
        elif not any(e.source == name and e.moves and ways.by_people(e) for e in ways.edges):
            problem = "has no way out and is not final: a case would be stuck"
            yield Finding(at, problem, "Add an action from it to another state, or set final = true")
        elif name not in ways.reaching_an_end:
            problem = "cannot reach a final state: a case would never close"
            yield Finding(at, problem, "Add a way from it towards closing")


def _ways_back(pathway: Pathway, ways: Travel) -> Iterator[Finding]:
    begun_in = {edge.to for edge in ways.edges if edge.source is None}
    for action in pathway.actions.values():
        if action.to != BACK:
            continue
        at = ("actions", action.name)
        for source in [s for s in action.sources if s in pathway.states]:
            if pathway.states[source].kind != "step_up":
                problem = f"goes back from '{source}', which is not of kind step_up: there is no way back"
                yield Finding((*at, "from"), problem, "Only a step up remembers where it came from")
            elif source in begun_in:
                problem = (
                    f"goes back from '{source}', but a case can begin there and has nowhere to go back to"
                )
                yield Finding((*at, "to"), problem, "Name a state, or let no case begin there")
        if not action.sources:
            yield Finding((*at, "to"), "begins a case, so there is no way back", "Name a state")
