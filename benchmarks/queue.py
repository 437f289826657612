"""The front door's queue as a page, beside how many contacts wait and how many there ever were."""

import time
from pathlib import Path

from earlyhelp.records.database import connect, transaction
from earlyhelp.records.migrate import upgrade
from tests.casework.watched_cases import MONDAY
from tests.insight.waiting import fill
from tests.web.watched_site import site_in

LOOKS = 60


def run(folder: Path, *, contacts: int, waiting: int) -> dict[str, float]:
    """The 95th percentile of the page, in milliseconds, on SQLite, with nobody else at work."""
    engine = connect(f"sqlite:///{folder / 'queue.sqlite3'}")
    upgrade(engine)
    site = site_in(engine, folder)
    site.now = MONDAY
    with transaction(engine) as connection:
        fill(connection, contacts=contacts, waiting=waiting, now=MONDAY)
        connection.exec_driver_sql("ANALYZE")
    screener = site.signed_in("screener")
    took = []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        assert screener.get("/front-door").status_code == 200
        took.append(time.perf_counter() - begun)
    engine.dispose()
    name = f"queue page: p95, ms, {waiting:,} of {contacts:,} wait"
    return {name: sorted(took)[LOOKS * 95 // 100 - 1] * 1000}
