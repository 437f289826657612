"""The front door's queue as a page, beside how many contacts wait and how many there ever were."""

from functools import partial
from pathlib import Path

from benchmarks.measuring import Figures, spread
from benchmarks.places import database
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.migrate import upgrade
from tests.casework.watched_cases import MONDAY
from tests.insight.waiting import fill
from tests.web.watched_site import site_in

LOOKS = 60


def run(folder: Path, *, kind: str, contacts: int, waiting: int) -> Figures:
    """Median and 95th percentile of the page, with nobody else at work."""
    with database(kind, folder) as url:
        engine = connect(url)
        upgrade(engine)
        site = site_in(engine, folder)
        site.now = MONDAY
        with transaction(engine) as connection:
            fill(connection, contacts=contacts, waiting=waiting, now=MONDAY)
            connection.exec_driver_sql("ANALYZE")
        screener = site.signed_in("screener")
        assert screener.get("/front-door").status_code == 200
        median, high = spread(partial(screener.get, "/front-door"), LOOKS)
        engine.dispose()
    name = f"ms, {kind}, {waiting:,} of {contacts:,} wait"
    return {f"queue page: median {name}": median, f"queue page: p95 {name}": high}
