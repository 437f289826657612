"""Taking a council's own list of contacts in: every row, or none; and the same list again changes nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping as Map, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from itertools import islice
from typing import Any

from sqlalchemy import Connection, insert, select, update

from earlyhelp.casework.bulk import Bulk, CaseInBulk, people_keys
from earlyhelp.casework.bulk_people import KnownPeople
from earlyhelp.casework.contacts import ContactTold, read_contact
from earlyhelp.casework.history import local_day
from earlyhelp.casework.import_history import leave_the_past, live_through, of_the_past
from earlyhelp.casework.import_mapping import Mapping, digest_of
from earlyhelp.casework.import_values import Fault, ReadRow, RowReader
from earlyhelp.casework.intake import STANDARD, opening_engine
from earlyhelp.casework.pathways import running_pathway_id
from earlyhelp.pathway.facts import Actor, BadFields, Facts, Step
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import Person
from earlyhelp.records.imports import ContactImport, ImportedRow
from earlyhelp.spreadsheets import Sheet

AT_ONCE = 2_000
ROLES = frozenset({"screener", "manager", "lead_professional"})
BY_TERMINAL = Person(id=None, email="import", name="Import of contacts", roles=ROLES)
CHILD = (
    *("given_name", "family_name", "date_of_birth", "expected_birth_on", "gender", "ethnicity"),
    *("disabled", "nhs_number", "upn", "address", "postcode"),
)
ADULT = ("given_name", "family_name", "relationship", "phone")
REFERRER = ("name", "organisation", "email", "phone")
CONTACT = (
    *("source", "channel", "presenting_needs", "worries", "strengths", "agreement"),
    *("agreement_note", "sharing_basis", "urgency"),
)
NO_NAME = "Enter at least one name of the child"
BUILT_IN = {"channel": "system"}
"""What holds where nobody says otherwise: a contact of a list came from another system."""


@dataclass(frozen=True)
class Source:
    """What is imported: the sheets of a file, how they are read, and whether they tell of a past."""

    file_name: str
    sheets: Sequence[Sheet]
    mapping: Mapping
    historical: bool = False

    @property
    def rows(self) -> int:
        return sum(len(sheet.rows) for sheet in self.sheets)


@dataclass
class Outcome:
    """What an import did or would do. Where there are faults, nothing."""

    contacts: int = 0
    children: int = 0
    unchanged: int = 0
    """Contacts that came by an earlier import, or twice in this list."""
    changed: int = 0
    """Of them, those of which the list now says something else: it is not taken over."""
    events: int = 0
    faults: list[Fault] = field(default_factory=list)


class FaultsFound(Exception):
    """The list has faults: the transaction must not be committed."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(f"{len(outcome.faults)} faults")


@dataclass
class Candidate:
    """One contact of the list, with the rows that tell of it: one for each child."""

    rows: list[ReadRow]
    readers: RowReader
    key: str
    digest: str
    told: ContactTold | None = None

    @property
    def values(self) -> dict[str, Any]:
        return self.rows[0].values


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
    work = _Import(connection, source, replace(person, roles=ROLES), now)
    done = 0
    for some in _batches(_candidates(source, work.pathway, now, work.outcome.faults)):
        work.take(some)
        done += sum(len(one.rows) for one in some)
        tell(done)
    if work.outcome.faults:
        work.outcome.faults.sort(key=lambda fault: (fault.sheet, fault.row))
        raise FaultsFound(work.outcome)
    work.finish()
    return work.outcome


class _Import:
    """One import under way."""

    def __init__(self, connection: Connection, source: Source, person: Person, now: datetime) -> None:
        self.connection, self.source, self.now = connection, source, now
        self.today = local_day(now)
        self.bulk = Bulk(connection, person=person, known=KnownPeople())
        engine = opening_engine(connection, person=person, now=now, pathway=STANDARD)
        self.engine: CompiledPathway = of_the_past(engine) if source.historical else engine
        self.pathway = engine.pathway
        pathway_id = running_pathway_id(connection, name=STANDARD, on=self.today)
        assert pathway_id is not None
        self.pathway_id = pathway_id
        self.opening = next(a.name for a in self.pathway.opening_actions() if a.kind == "contact")
        self.outcome = Outcome()
        self._without_column: set[tuple[str, str]] = set()
        self._seen: set[str] = set()
        self._import_id: int | None = None

    def take(self, candidates: Sequence[Candidate]) -> None:
        """One batch: those that are new are checked and written."""
        new = list(self._new(candidates))
        for candidate in new:
            candidate.told = self._told(candidate)
        self.bulk.known = KnownPeople()
        keys = {key for one in new if one.told for key in people_keys(one.told)}
        self.bulk.known.load(self.connection, keys)
        written = [(one, case) for one in new if (case := self._write(one)) is not None]
        self.bulk.flush()
        if written:
            rows = [
                {"key": one.key, "digest": one.digest, "case_id": case.id, "import_id": self._row_of_import()}
                for one, case in written
            ]
            self.connection.execute(insert(ImportedRow), rows)

    def finish(self) -> None:
        """Write what the import did."""
        if self._import_id is None:
            return
        done = {name: getattr(self.outcome, name) for name in ("contacts", "children", "unchanged")}
        this = ContactImport.id == self._import_id
        self.connection.execute(update(ContactImport).where(this).values(**done))

    def _new(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        candidates = list(candidates)
        statement = select(ImportedRow.key, ImportedRow.digest).where(
            ImportedRow.key.in_([one.key for one in candidates])
        )
        known = {row.key: row.digest for row in self.connection.execute(statement)}
        for one in candidates:
            if one.key in known or one.key in self._seen:
                self.outcome.unchanged += 1
                self.outcome.changed += known.get(one.key, one.digest) != one.digest
                continue
            self._seen.add(one.key)
            yield one

    def _told(self, candidate: Candidate) -> ContactTold | None:
        values = candidate.values
        nameless = [place for place, row in enumerate(candidate.rows) if not _has_name(row.values)]
        for place in nameless:
            name = "full_name" if "full_name" in candidate.readers.column_of else "family_name"
            self._fault(candidate, place, name, NO_NAME)
        try:
            return read_contact(
                [_child(row.values) for row in candidate.rows],
                {name: values.get(f"referrer_{name}") for name in REFERRER},
                today=self.today,
                adults=_adults(candidate.rows),
            )
        except BadFields as fault:
            for name, words in fault.errors.items():
                if words != [NO_NAME]:
                    self._fault(candidate, *_placed(name), " ".join(words))
        return None

    def _write(self, candidate: Candidate) -> CaseInBulk | None:
        values = candidate.values
        received = values.get("received_at")
        if received is None:
            self._fault(candidate, 0, "received_at", "Say when the contact was received")
            at = self.now
        else:
            at = (
                min(received.moment(self.opens), self.now)
                if received.day == self.today
                else received.moment(self.opens)
            )
        if at > self.now:
            self._fault(candidate, 0, "received_at", "The contact must not be received in the future")
        step = self._step(candidate, at)
        if step is None or candidate.told is None or received is None or at > self.now:
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

    def _live_through(self, candidate: Candidate, case: CaseInBulk, reason: str) -> bool:
        values, opens = candidate.values, self.opens
        faults = live_through(self.bulk, case, values, opens=opens, now=self.now, reason=reason)
        for name, words in faults:
            self._fault(candidate, 0, name, words)
        mapped = frozenset(candidate.readers.column_of)
        leave_the_past(self.bulk, case, mapped, self.now)
        return not faults

    def _step(self, candidate: Candidate, at: datetime) -> Step | None:
        values = {**BUILT_IN, **candidate.values}
        fields = {name: values[name] for name in CONTACT if values.get(name)}
        actor = Actor(self.bulk.person.id, ROLES)
        try:
            given = {**fields, "children": [{} for _ in candidate.rows]}
            return self.engine.step(Facts(state=None), self.opening, given, actor, at)
        except BadFields as fault:
            for name, words in fault.errors.items():
                self._fault(candidate, 0, name, " ".join(words))
        return None

    def _fault(self, candidate: Candidate, child: int, name: str, words: str) -> None:
        """Where a column holds it, the row; where none does, once for the sheet: it is wrong in every row."""
        row = candidate.rows[child]
        if name in row.unread:
            return
        column = candidate.readers.column_of.get(name, "")
        if column or name in row.values or not name:
            self.outcome.faults.append(Fault(row.sheet, row.number, column, words))
        elif (row.sheet, name) not in self._without_column:
            self._without_column.add((row.sheet, name))
            told = f"{words}. No column holds {name}: say in the map which one does, or give a default"
            self.outcome.faults.append(Fault(row.sheet, 0, "", told))

    def _row_of_import(self) -> int:
        if self._import_id is None:
            values = {
                "file_name": self.source.file_name[:200],
                "status": "done",
                "historical": self.source.historical,
                "mapping": self.source.mapping.as_json(),
                "done_at": self.now,
                "done_by": self.bulk.person.email,
            }
            made = insert(ContactImport).values(values).returning(ContactImport.id)
            self._import_id = int(self.connection.execute(made).scalar_one())
        return self._import_id

    @property
    def opens(self) -> time:
        return self.engine.calendar.opens


def _batches(candidates: Iterator[Candidate]) -> Iterator[list[Candidate]]:
    while some := list(islice(candidates, AT_ONCE)):
        yield some


def _candidates(source: Source, pathway: Any, now: datetime, faults: list[Fault]) -> Iterator[Candidate]:
    """The contacts of the list: rows with one reference are one contact with several children."""
    for sheet in source.sheets:
        reader = RowReader(sheet, source.mapping, pathway, local_day(now))
        if not reader.places:
            faults.append(Fault(sheet.name, sheet.header_row, "", "No column of this sheet is known"))
            continue
        if "reference" not in reader.column_of:
            rows = (reader.read(row, faults) for row in sheet.rows)
            yield from (_candidate([row], reader, source.mapping.system) for row in rows)
            continue
        by_reference: dict[str, list[ReadRow]] = {}
        for row in sheet.rows:
            read = reader.read(row, faults)
            by_reference.setdefault(read.values.get("reference") or f"\n{row.number}", []).append(read)
        yield from (_candidate(rows, reader, source.mapping.system) for rows in by_reference.values())


def _candidate(rows: list[ReadRow], reader: RowReader, system: str) -> Candidate:
    said = [row.said for row in rows]
    reference = rows[0].values.get("reference")
    key = digest_of(["reference", system, reference] if reference else ["row", system, said])
    return Candidate(rows, reader, key, digest_of(said))


def _child(values: Map[str, Any]) -> dict[str, Any]:
    child = {name: values[name] for name in CHILD if name in values}
    if "full_name" in values and not (child.get("given_name") or child.get("family_name")):
        child["given_name"], child["family_name"] = _cut(values["full_name"])
    return child


def _cut(name: str) -> tuple[str, str]:
    """First names and surname of a whole name: `SMITH, Anna` or `Anna Smith`."""
    surname, comma, first = name.partition(",")
    if comma:
        return first.strip(), surname.strip()
    first, _, surname = name.strip().rpartition(" ")
    return first, surname


def _adults(rows: Sequence[ReadRow]) -> list[dict[str, Any]]:
    adults = [
        {name: row.values[f"adult_{name}"] for name in ADULT if f"adult_{name}" in row.values} for row in rows
    ]
    named = [adult for adult in adults if adult.get("given_name") or adult.get("family_name")]
    return [adult for place, adult in enumerate(named) if adult not in named[:place]]


def _has_name(values: Map[str, Any]) -> bool:
    return any(values.get(name) for name in ("given_name", "family_name", "full_name"))


def _placed(name: str) -> tuple[int, str]:
    """The child and the field that a fault of `read_contact` is about."""
    part, _, rest = name.partition(".")
    place, _, what = rest.partition(".")
    if part == "children" and place.isdigit():
        return int(place), what
    if part == "adults":
        return 0, f"adult_{what}"
    return 0, f"referrer_{rest}" if part == "referrer" else name
