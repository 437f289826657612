"""Proving that no history was changed after it was written."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection, select

from earlyhelp.casework.history import BrokenLink, first_broken_link, verify_case
from earlyhelp.casework.journal import first_broken_entry
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.reference import PublishedPathway

BATCH = 500


def verify_one(connection: Connection, *, reference: str) -> BrokenLink | None:
    """The first broken link of one case, in its history or its journal, or None. NoSuchCase when there is no such."""
    case_id = connection.scalar(select(Case.id).where(Case.reference == reference))
    if case_id is None:
        raise NoSuchCase(reference)
    return verify_case(connection, reference=reference) or first_broken_entry(
        connection, reference=reference, case_id=case_id
    )


def verify_all(connection: Connection) -> Iterator[tuple[str, BrokenLink | None]]:
    """Every case's reference with its first broken link, in batches so that memory stays level."""
    last_id = 0
    while True:
        cases = connection.execute(
            select(Case.id, Case.reference, Case.version, Case.last_hash)
            .where(Case.id > last_id)
            .order_by(Case.id)
            .limit(BATCH)
        ).all()
        if not cases:
            return
        last_id = cases[-1].id
        events = connection.execute(
            select(
                Event,
                PublishedPathway.name.label("pathway"),
                PublishedPathway.version.label("pathway_version"),
            )
            .join(PublishedPathway, PublishedPathway.id == Event.pathway_id)
            .where(Event.case_id.between(cases[0].id, last_id))
            .order_by(Event.case_id, Event.sequence)
        )
        by_case = {case_id: list(group) for case_id, group in groupby(events, key=attrgetter("case_id"))}
        for case in cases:
            yield (
                case.reference,
                first_broken_link(case.reference, case.version, case.last_hash, by_case.get(case.id, []))
                or first_broken_entry(connection, reference=case.reference, case_id=case.id),
            )
