"""What came by earlier imports: the same contact again changes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from earlyhelp.casework.bulk_cases import CaseInBulk
from earlyhelp.casework.bulk_inserting import insert_many
from earlyhelp.casework.import_candidates import Candidate, Source
from earlyhelp.casework.import_outcome import Outcome
from earlyhelp.permissions import Person
from earlyhelp.records.among import among
from earlyhelp.records.imports import ContactImport, ImportedRow


class Ledger:
    """The contacts that came, each with the import that brought it; and this import."""

    def __init__(self, connection: Connection, source: Source, person: Person, now: datetime) -> None:
        self.connection, self.source = connection, source
        self.person, self.now = person, now
        self._seen: set[str] = set()
        self._import_id: int | None = None

    def new(self, candidates: Iterable[Candidate], outcome: Outcome) -> Iterator[Candidate]:
        candidates = list(candidates)
        statement = select(ImportedRow.key, ImportedRow.digest).where(
            among(ImportedRow.key, [one.key for one in candidates])
        )
        known = {row.key: row.digest for row in self.connection.execute(statement)}
        for one in candidates:
            if one.key in known or one.key in self._seen:
                outcome.unchanged += 1
                outcome.changed += known.get(one.key, one.digest) != one.digest
                continue
            self._seen.add(one.key)
            yield one

    def keep(self, written: Sequence[tuple[Candidate, CaseInBulk]]) -> None:
        """Remember what came, so that it does not come again."""
        rows = [
            {"key": one.key, "digest": one.digest, "case_id": case.id, "import_id": self._row_of_import()}
            for one, case in written
        ]
        if rows:
            insert_many(self.connection, ImportedRow, rows)

    def finish(self, outcome: Outcome) -> None:
        """Write what the import did."""
        if self._import_id is None:
            return
        done = {name: getattr(outcome, name) for name in ("contacts", "children", "unchanged")}
        this = ContactImport.id == self._import_id
        self.connection.execute(update(ContactImport).where(this).values(**done))

    def _row_of_import(self) -> int:
        if self._import_id is None:
            values = {
                "file_name": self.source.file_name[:200],
                "status": "done",
                "historical": self.source.historical,
                "mapping": self.source.mapping.as_json(),
                "done_at": self.now,
                "done_by": self.person.email,
            }
            made = insert(ContactImport).values(values).returning(ContactImport.id)
            self._import_id = int(self.connection.execute(made).scalar_one())
        return self._import_id
