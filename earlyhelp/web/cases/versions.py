"""The versions of its pathway that a case has run on: what is past is shown by the rules of its time."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from earlyhelp.casework.pathways import compiled
from earlyhelp.casework.perform import engine_for
from earlyhelp.casework.reading import CaseRow
from earlyhelp.pathway.machine import CompiledPathway

Engines = Mapping[int, CompiledPathway]


def engines_of(connection: Connection, case: CaseRow, *rows: Iterable[Any]) -> Engines:
    """By id: the version of the case, and those of its clocks and events. A case that never moved has only its own."""
    ids = {row.pathway_id for some in rows for row in some} - {case.pathway_id}
    older = {one: compiled(connection, pathway_id=one) for one in sorted(ids)}
    return {**older, case.pathway_id: engine_for(connection, case)}
