"""Taking a council's own list of contacts in: every row, or none; and the same list again changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time

from sqlalchemy import Connection

from earlyhelp.casework.bulk import Bulk
from earlyhelp.casework.bulk_cases import CaseInBulk
from earlyhelp.casework.contacts import ContactTold, read_contact
from earlyhelp.casework.history import local_day
from earlyhelp.casework.import_answers import Answers
from earlyhelp.casework.import_candidates import (
    REFERRER,
    Candidate,
    Source,
    adults_of,
    batches,
    candidates,
    child_of,
    has_name,
    placed,
)
from earlyhelp.casework.import_history import leave_the_past, live_through, of_the_past
from earlyhelp.casework.import_ledger import Ledger
from earlyhelp.casework.import_outcome import FaultBook, FaultsFound, Outcome
from earlyhelp.casework.intake import opening_engine
from earlyhelp.casework.pathways import STANDARD, running_pathway_id
from earlyhelp.pathway.facts import Actor, BadFields, Step
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person
from earlyhelp.records.database import is_postgresql

ROLES = frozenset({"screener", "manager", "lead_professional"})
BY_TERMINAL = Person(id=None, email="import", name="Import of contacts", roles=ROLES)
CONTACT = (
    *("source", "channel", "presenting_needs", "worries", "strengths", "agreement"),
    *("agreement_note", "sharing_basis", "urgency"),
)
CACHE_KILOBYTES = 200_000
"""SQLite keeps 2 MB of a database in memory unless told otherwise: the indexes of a long list are larger."""
NO_NAME = "Enter at least one name of the child"
BUILT_IN = {"channel": "system"}
"""What holds where nobody says otherwise: a contact of a list came from another system."""


def import_contacts(
    connection: Connection,
    source: Source,
    *,
    person: Person,
    now: datetime,
    tell: Callable[[int], None] = lambda _rows: None,
) -> Outcome:
    """Import every contact of the list, in the caller's transaction. `tell` hears how many rows are done.

    Raises FaultsFound with every fault of every row; the caller must not commit then.
    """
    if not is_postgresql(connection):
        connection.exec_driver_sql(f"PRAGMA cache_size=-{CACHE_KILOBYTES}")
    work = _Import(connection, source, replace(person, roles=ROLES), now)
    done = 0
    for some in batches(candidates(source, work.pathway, work.today, work.outcome.faults)):
        work.take(some)
        done += sum(len(one.rows) for one in some)
        tell(done)
    if work.outcome.faults:
        work.outcome.faults.sort(key=lambda fault: (fault.sheet, fault.row))
        raise FaultsFound(work.outcome)
    work.ledger.finish(work.outcome)
    return work.outcome


class _Import:
    """One import under way."""

    def __init__(self, connection: Connection, source: Source, person: Person, now: datetime) -> None:
        self.connection, self.source, self.now = connection, source, now
        self.today = local_day(now)
        self.bulk = Bulk(connection, person=person)
        self.ledger = Ledger(connection, source, person, now)
        engine = opening_engine(connection, person=person, now=now, pathway=STANDARD)
        self.engine: CompiledPathway = of_the_past(engine) if source.historical else engine
        self.pathway = engine.pathway
        pathway_id = running_pathway_id(connection, name=STANDARD, on=self.today)
        assert pathway_id is not None
        self.pathway_id = pathway_id
        opening = next(a.name for a in self.pathway.opening_actions() if a.kind == "contact")
        self.answers = Answers(self.engine, opening, Actor(person.id, ROLES))
        self.outcome = Outcome()
        self.faults = FaultBook(self.outcome.faults)

    @property
    def opens(self) -> time:
        return self.engine.calendar.opens

    def take(self, some: Sequence[Candidate]) -> None:
        """One batch: those that are new are checked and written."""
        new = list(self.ledger.new(some, self.outcome))
        for candidate in new:
            candidate.told = self._told(candidate)
        self.bulk.people.know(one.told for one in new if one.told)
        written = [(one, case) for one in new if (case := self._write(one)) is not None]
        self.bulk.flush()
        self.ledger.keep(written)

    def _told(self, candidate: Candidate) -> ContactTold | None:
        values = candidate.values
        nameless = [place for place, row in enumerate(candidate.rows) if not has_name(row.values)]
        for place in nameless:
            name = "full_name" if "full_name" in candidate.readers.column_of else "family_name"
            self.faults.add(candidate, place, name, NO_NAME)
        try:
            return read_contact(
                [child_of(row.values) for row in candidate.rows],
                {name: values.get(f"referrer_{name}") for name in REFERRER},
                today=self.today,
                adults=adults_of(candidate.rows),
            )
        except BadFields as fault:
            for name, words in fault.errors.items():
                if words != [NO_NAME]:
                    self.faults.add(candidate, *placed(name), " ".join(words))
        return None

    def _write(self, candidate: Candidate) -> CaseInBulk | None:
        at = self._received_at(candidate)
        step = self._step(candidate, at or self.now)
        if step is None or candidate.told is None or at is None:
            return None
        recorded = at if self.source.historical else self.now
        reason = f"Imported from {self.source.file_name}, row {candidate.rows[0].number}"
        case = self.bulk.open(
            self.engine, self.pathway_id, candidate.told, step, occurred_at=at, now=recorded, reason=reason
        )
        if self.source.historical and not self._live_through(candidate, case, reason):
            return None
        self.outcome.contacts += 1
        self.outcome.children += len(candidate.rows)
        self.outcome.events += int(case.columns.version)
        return case

    def _received_at(self, candidate: Candidate) -> datetime | None:
        """When the contact was received; None where that is wrong, which is told."""
        received = candidate.values.get("received_at")
        if received is None:
            self.faults.add(candidate, 0, "received_at", "Say when the contact was received")
            return None
        at: datetime = received.moment(self.opens)
        if received.day == self.today and received.of_day is None:
            at = min(at, self.now)
        if at > self.now:
            self.faults.add(candidate, 0, "received_at", "The contact must not be received in the future")
            return None
        return at

    def _live_through(self, candidate: Candidate, case: CaseInBulk, reason: str) -> bool:
        values, opens = candidate.values, self.opens
        faults = live_through(self.bulk, case, values, opens=opens, now=self.now, reason=reason)
        for name, words in faults:
            self.faults.add(candidate, 0, name, words)
        mapped = frozenset(candidate.readers.column_of)
        leave_the_past(self.bulk.clocks, case, mapped, self.now)
        return not faults

    def _step(self, candidate: Candidate, at: datetime) -> Step | None:
        values = {**BUILT_IN, **candidate.values}
        fields = {name: values[name] for name in CONTACT if values.get(name)}
        try:
            return self.answers.step(fields, len(candidate.rows), at)
        except BadFields as fault:
            for name, words in fault.errors.items():
                self.faults.add(candidate, 0, name, " ".join(words))
        return None
