"""What the scanner could not be asked about stays in quarantine, and is asked about again."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from earlyhelp.casework.notes import KeptFile, write_note
from earlyhelp.filing import ScannerSilent, Store
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.notes import NoteFile
from earlyhelp.scheduler.scanning import scan_waiting
from tests.casework.watched_cases import MONDAY, allocated, council_in, days

NOW = MONDAY + days(3)


class FindsEicar:
    """A scanner that was silent once."""

    answers = 0

    def finds_nothing_in(self, content: bytes) -> bool:
        self.answers += 1
        if self.answers == 2:
            raise ScannerSilent("timed out")
        return b"EICAR" not in content


def test_files_are_scanned_until_the_scanner_has_spoken_of_each(engine: Engine, tmp_path: Path) -> None:
    council, store = council_in(engine), Store(tmp_path)
    contents = (b"%PDF-clean", b"%PDF-EICAR")
    with transaction(engine) as connection:
        lead = {"reference": allocated(connection, council), "person": council["lead"], "now": NOW}
        files = [KeptFile(store.keep(one), "x.pdf", "application/pdf", 10, "waiting") for one in contents]
        write_note(connection, **lead, given={"kind": "other", "words": "Two files"}, files=files)
    scanner: Any = FindsEicar()
    assert scan_waiting(engine, scanner, store, lambda: NOW) == 1
    assert scan_waiting(engine, scanner, store, lambda: NOW) == 1
    with reading(engine) as connection:
        assert set(connection.scalars(select(NoteFile.scan))) == {"clean", "infected"}
