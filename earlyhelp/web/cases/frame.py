"""What stands around every page of a case: whose case it is, and what this reader may do there."""

from typing import Any, NamedTuple

from flask import abort
from sqlalchemy import Connection

from earlyhelp.casework.desk import WORKING_ROLES
from earlyhelp.casework.perform import engine_for
from earlyhelp.casework.reading import CaseRow, case_for
from earlyhelp.insight.cases import children_of
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person, acting_roles, may_contribute, may_give_access, may_restrict
from earlyhelp.records.identifiers import parse_reference


class Frame(NamedTuple):
    """A case as its pages need it. `works` may change plan and meetings, `writes` notes, `lets_in` others."""

    case: CaseRow
    engine: CompiledPathway
    children: list[Any]
    works: bool
    writes: bool
    lets_in: bool
    restricts: bool
    """May keep it to named people, and take that back."""

    @property
    def pathway(self) -> Pathway:
        return self.engine.pathway

    @property
    def reference(self) -> str:
        return str(self.case.reference)

    @property
    def names(self) -> str:
        """The children by name, for headings."""
        return ", ".join(f"{child.given_name} {child.family_name}".strip() for child in self.children)


def working_frame(connection: Connection, *, reference: str, person: Person) -> Frame:
    """The frame for a page that changes plan or meetings: only for who leads or manages the case, while it is open."""
    frame = frame_of(connection, reference=reference, person=person)
    if not frame.works:
        abort(403)
    return frame


def writing_frame(connection: Connection, *, reference: str, person: Person) -> Frame:
    """The frame for a page on which notes are written."""
    frame = frame_of(connection, reference=reference, person=person)
    if not frame.writes:
        abort(403)
    return frame


def frame_of(connection: Connection, *, reference: str, person: Person) -> Frame:
    """The frame of a case this person may see; otherwise there is no such page."""
    canonical = parse_reference(reference)
    if canonical is None:
        abort(404)
    case = case_for(connection, reference=canonical, person=person)
    return Frame(
        case=case,
        engine=engine_for(connection, case),
        children=list(children_of(connection, case_id=case.id)),
        works=case.is_open and bool(acting_roles(person, case) & WORKING_ROLES),
        writes=may_contribute(person, case),
        lets_in=may_give_access(person, case),
        restricts=may_restrict(person, case),
    )
