"""Files in quarantine, because the scanner was silent when they came, are asked about again until it has spoken."""

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from earlyhelp.casework.notes import files_waiting, mark_scanned
from earlyhelp.filing import Scanner, ScannerSilent, Store
from earlyhelp.records.database import reading, transaction

log = logging.getLogger("earlyhelp.scheduler")


def scan_waiting(engine: Engine, scanner: Scanner, store: Store, now: Callable[[], datetime]) -> int:
    """Scan what waits, oldest first; how many were decided. A scanner that is still silent is left in peace."""
    with reading(engine) as connection:
        waiting = files_waiting(connection)
    decided = 0
    for digest in waiting:
        content = store.read(digest)
        try:
            clean = content is not None and scanner.finds_nothing_in(content)
        except ScannerSilent as fault:
            log.warning("the virus scanner does not answer: %s", fault)
            break
        with transaction(engine) as connection:
            mark_scanned(connection, digest=digest, scan="clean" if clean else "infected", now=now())
        decided += 1
    return decided
