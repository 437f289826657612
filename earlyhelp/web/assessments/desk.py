"""What every page of an assessment reads first: the case, its paper, what was said of it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import abort
from sqlalchemy import Connection, Row

from earlyhelp.casework.papers import Paper, comments_on, may_draft, paper_of, submissions_of
from earlyhelp.casework.perform import engine_for
from earlyhelp.casework.reading import CaseRow, case_for
from earlyhelp.insight.cases import children_of
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person
from earlyhelp.records.identifiers import parse_reference


class Desk(NamedTuple):
    """A case with its assessment, for somebody who may see it."""

    case: CaseRow
    engine: CompiledPathway
    paper: Paper
    submissions: Sequence[Row[Any]]
    comments: Mapping[str, str]
    """Of the last submission, by section."""
    may_draft: bool
    children: Sequence[Any]

    @property
    def last(self) -> Any:
        """The last submission, or None."""
        return self.submissions[-1] if self.submissions else None


def desk_for(connection: Connection, *, reference: str, person: Person) -> Desk:
    """NoSuchCase when it is not theirs to see; 404 when the pathway has no form."""
    case = case_for(connection, reference=parse_reference(reference) or "", person=person)
    engine = engine_for(connection, case)
    paper = paper_of(connection, case, engine.pathway, person=person)
    if paper is None:
        abort(404)
    submissions = submissions_of(connection, assessment_id=paper.id) if paper.id else ()
    comments = comments_on(connection, submission_id=submissions[-1].id) if submissions else {}
    return Desk(
        case=case,
        engine=engine,
        paper=paper,
        submissions=submissions,
        comments=comments,
        may_draft=may_draft(person, case, engine.pathway) and paper.state in {"draft", "returned"},
        children=children_of(connection, case_id=case.id),
    )
