"""A site whose database can be taken away and given back, and what its pages keep for the person in front of them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape

from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, event, text
from werkzeug.test import TestResponse

from tests.web.watched_site import Site

KEPT = re.compile(r'<textarea hidden name="([^"]*)">\n(.*?)</textarea>', re.DOTALL)
Break = Callable[[Engine], None]


@contextmanager
def without_database(site: Site) -> Iterator[None]:
    """The PostgreSQL server lets nobody into this database, and has ended whoever was in it."""
    url = site.engine.url
    keeper = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    named = {"name": url.database}
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
    with keeper.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false'))
        connection.execute(text(end), named)
        try:
            yield
        finally:
            connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true'))
    keeper.dispose()


@contextmanager
def on_a_full_disk(site: Site) -> Iterator[None]:
    """SQLite itself may not make its file larger: what it says then is what it says on a full disk."""

    def no_larger(driver: object, *_: object) -> None:
        pages = driver.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
        driver.execute(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    event.listen(site.engine, "connect", no_larger)
    site.engine.dispose()
    try:
        yield
    finally:
        event.remove(site.engine, "connect", no_larger)
        site.engine.dispose()


def kept_on(page: TestResponse) -> dict[str, str]:
    """What the page holds to be sent again."""
    return {name: unescape(value) for name, value in KEPT.findall(page.text)}


def send_again(client: FlaskClient, page: TestResponse) -> TestResponse:
    """Press the page's button."""
    (address,) = re.findall(r'<form method="post" action="([^"]*)">', page.text)
    return client.post(unescape(address), data=kept_on(page))
