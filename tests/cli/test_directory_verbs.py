"""`directory import` at the terminal and by the worker at night."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from earlyhelp.records.database import connect, reading
from earlyhelp.records.directory import DirectoryImport
from earlyhelp.records.reference import Service
from earlyhelp.scheduler.directory import refresh_directory
from earlyhelp.settings import Settings
from tests.casework.feed_server import Feed, a_service, serving
from tests.cli.conftest import Run

NIGHT = datetime(2026, 3, 3, 2, tzinfo=UTC)


def test_a_feed_is_imported_and_again_changes_nothing(installed: Run, environment: dict[str, str]) -> None:
    environment["EARLYHELP_DIRECTORY_PRIVATE"] = "yes"
    with serving(Feed([a_service(1), a_service(2, name="")])) as feed:
        first = installed("directory", "import", feed.url, "--json")
        told = json.loads(first.stdout)
        assert (told["added"], told["skipped"], told["source"]) == (1, 1, feed.url)
        assert told["faults"][0]["problem"] == "it has no name"
        again = json.loads(installed("directory", "import", feed.url, "--json").stdout)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 1)


def test_a_dry_run_imports_nothing(installed: Run, tmp_path: Path) -> None:
    file = tmp_path / "services.json"
    file.write_text(json.dumps([a_service(1)]))
    assert installed("directory", "import", str(file), "--dry-run").stdout.startswith("Would be: 1 added")
    assert installed("directory", "import", str(file)).stdout.startswith("1 added")


def test_what_cannot_be_read_says_so_in_one_line(installed: Run, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("<html>")
    for what, words in (
        (str(file), "not JSON"),
        ("http://127.0.0.1:1/", "within a network"),
        ("/no/file", "No such"),
        ("http://[::1", "No such"),
    ):
        refused = installed("directory", "import", what)
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert words in refused.stderr


def test_a_list_that_lost_most_services_needs_a_word(installed: Run, tmp_path: Path) -> None:
    file = tmp_path / "services.json"
    file.write_text(json.dumps([a_service(n) for n in range(30)]))
    installed("directory", "import", str(file))
    file.write_text(json.dumps([a_service(1)]))
    assert "--withdraw-many" in installed("directory", "import", str(file)).stderr
    assert "29 withdrawn" in installed("directory", "import", str(file), "--withdraw-many").stdout


def test_the_worker_imports_once_a_night_and_keeps_refusals(
    sqlite_url: Callable[[], str], tmp_path: Path
) -> None:
    url = sqlite_url()
    engine = connect(url)

    def statuses() -> list[Any]:
        with reading(engine) as connection:
            return list(connection.scalars(select(DirectoryImport.status).order_by(DirectoryImport.id)))

    with serving(Feed([a_service(1)])) as feed:
        settings = Settings(
            database_url=url, instance_path=tmp_path, directory_feed=feed.url, directory_private=True
        )
        for hours in (0, 1, 12):
            refresh_directory(engine, settings, now=NIGHT + timedelta(hours=hours))
        assert statuses() == ["done"]
        feed.answers["/services"] = (503, {}, b"")
        refresh_directory(engine, settings, now=NIGHT + timedelta(days=1))
    assert statuses() == ["done", "refused"]
    with reading(engine) as connection:
        assert connection.scalar(select(Service.withdrawn_at)) is None
    engine.dispose()
