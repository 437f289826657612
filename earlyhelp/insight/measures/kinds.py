"""What the published pathways call the kinds that measures are defined over: states, outcomes, scores."""

from collections.abc import Iterable, Sequence
from datetime import time
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case as when, false, null, or_, select

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.loading import load_content
from earlyhelp.pathway.vocabulary import BACK
from earlyhelp.records.reference import PublishedPathway

ENDING = frozenset({"closing", "agreement_withdrawn", "step_up_accepted", "agreement_refused"})
"""Kinds of action that can end early help."""


class Kinds(NamedTuple):
    """Every published pathway by its id. The columns given are those of events."""

    pathways: dict[int, Pathway]

    def state_is(self, column: Any, pathway_id: Any, *kinds: str) -> ColumnElement[bool]:
        """Whether a column of state names holds one of these kinds of state."""
        conditions = [
            and_(pathway_id.in_(ids), column.in_(names))
            for names, ids in _grouped(
                (tuple(sorted(state.name for state in pathway.states.values() if state.kind in kinds)), id_)
                for id_, pathway in self.pathways.items()
            )
            if names
        ]
        return or_(*conditions) if conditions else false()

    def state_kind(self, column: Any, pathway_id: Any, among: Sequence[str]) -> Any:
        """The kind of the state that a column names, among these kinds; NULL for any other."""
        return when(*((self.state_is(column, pathway_id, kind), kind) for kind in among), else_=null())

    def of_actions_to(self, kind: str) -> list[str]:
        """Kinds of action that can bring a case to a state of this kind."""
        return sorted(
            {
                action.kind
                for pathway in self.pathways.values()
                for action in pathway.actions.values()
                for to in (action.to, *(way.to for way in action.ways))
                if to == BACK or (to in pathway.states and pathway.states[to].kind == kind)
            }
        )

    def outcome(self, event: Any) -> Any:
        """Why early help ended, out of the event that ended it: what was recorded, or what the pathway says."""
        whens = []
        for recorded in self._outcome_fields():
            whens.append(
                (event.fields[recorded].as_string().is_not(None), event.fields[recorded].as_string())
            )
        for (action, outcome), ids in _grouped(
            ((action.name, action.outcome), id_)
            for id_, pathway in self.pathways.items()
            for action in pathway.actions.values()
            if action.kind in ENDING and action.outcome
        ):
            whens.append((and_(event.action == action, event.pathway_id.in_(ids)), outcome))
        return when(*whens, else_="other") if whens else null()

    def cut_offs(self, kind: str) -> list[tuple[time, list[int]]]:
        """From what time of day clocks of a kind count a start as the next working day's, and in which pathways."""
        return _grouped(
            (clock.cut_off, id_)
            for id_, pathway in self.pathways.items()
            for clock in pathway.clocks.values()
            if clock.kind == kind and clock.cut_off is not None
        )

    def outcome_titles(self) -> dict[str, str]:
        """The words for each outcome that a code list names, the newest pathway's where several do."""
        titles: dict[str, str] = {}
        for pathway in self.pathways.values():
            for action in pathway.actions.values():
                field = action.field(action.outcome_field) if action.outcome_field else None
                if field is not None and field.codes:
                    titles |= {code: entry.label for code, entry in pathway.codes[field.codes].items()}
        return titles

    def score_titles(self) -> dict[str, str]:
        """The fields of type score that assessments record, each with its title: the domains of distance travelled."""
        return {
            field.name: field.title
            for pathway in self.pathways.values()
            for action in pathway.actions.values()
            if action.kind == "assessment_submitted"
            for field in action.fields
            if field.type == "score"
        }

    def _outcome_fields(self) -> list[str]:
        return sorted(
            {
                action.outcome_field
                for pathway in self.pathways.values()
                for action in pathway.actions.values()
                if action.kind == "closing" and action.outcome_field
            }
        )


def read_kinds(connection: Connection) -> Kinds:
    """The kinds of every published pathway, whatever version a case runs on."""
    rows = connection.execute(
        select(PublishedPathway.id, PublishedPathway.digest).order_by(PublishedPathway.id)
    ).all()
    missing = [row.id for row in rows if row.digest not in _LOADED]
    if missing:
        contents = select(PublishedPathway.digest, PublishedPathway.content).where(
            PublishedPathway.id.in_(missing)
        )
        for digest, content in connection.execute(contents):
            _LOADED[digest] = load_content(content)
    return Kinds({row.id: _LOADED[row.digest] for row in rows})


_LOADED: dict[str, Pathway] = {}
"""By digest of content, so that what was loaded once never grows stale."""


def _grouped(pairs: Iterable[tuple[Any, int]]) -> list[tuple[Any, list[int]]]:
    """What pathways say alike, with the ids of those that say it."""
    found: dict[Any, list[int]] = {}
    for said, id_ in pairs:
        found.setdefault(said, []).append(id_)
    return sorted(found.items(), key=lambda pair: str(pair[0]))
