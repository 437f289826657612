"""What every test may ask for: real databases, a browser. What none may do: reach the network, warn in silence."""

import gc
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import Connection, Engine

from earlyhelp.records import database
from earlyhelp.records.database import connect
from earlyhelp.records.dialect import will_write
from tests.support import (
    addresses,
    browser,
    databases,
    network,
    postgresql,
    soundness,
    statements,
    templates,
)

SHARED = "EARLYHELP_TEST_SHARED"
PREFIX = "earlyhelp-tests-"
NOT_QUICK = ("journey", "postgresql", "slow")
DATABASE_FIXTURES = {
    "engine",
    "sqlite_engine",
    "postgresql_engine",
    "connection",
    "fresh_engine",
    "blank_engine",
    "sqlite_url",
    "postgresql_url",
}
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


# How long an example takes says something about the machine only. The same examples each run, so that a change is
# judged by what it changes; EARLYHELP_TEST_EXPLORE=1 looks for new ones.
EXPLORING = bool(os.environ.get("EARLYHELP_TEST_EXPLORE"))
hypothesis.settings.register_profile("earlyhelp", deadline=None, derandomize=not EXPLORING)
hypothesis.settings.load_profile("earlyhelp")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="SQLite only, no browser, nothing slow")


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # until everything is loaded
    _settle_environment()
    templates.compile_once()
    addresses.compile_once()
    soundness.found_once()
    if not _is_worker():
        _clear_after_the_killed()
        shared = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        shared.chmod(0o711)  # PostgreSQL runs as another user and must pass through
        os.environ[SHARED] = str(shared)
        os.environ["EARLYHELP_TEST_RUN"] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    if _is_worker() or SHARED not in os.environ:
        return
    shared = _shared()
    if os.environ.get(postgresql.SETTING) and (shared / "template.lock").exists():
        databases.drop_all_of_this_run(shared)
    postgresql.stop(shared)
    shutil.rmtree(shared, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        _mark(item)
    items.sort(key=_dearest_first)
    if config.getoption("quick"):
        left_out = [item for item in items if any(item.get_closest_marker(name) for name in NOT_QUICK)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was loaded stays: looking through all of it again and again took a fifth of the tests' time."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if browser.ABSENT in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("NOT TESTED", sep="!", red=True, bold=True)
        terminalreporter.line(
            f"{len(skipped)} browser journeys were skipped: {browser.ABSENT}.", red=True, bold=True
        )
        terminalreporter.line("Install it (apt-get install -y chromium) and run again.", red=True, bold=True)


def _settle_environment() -> None:
    """The same for every developer: no settings of their own, and a clock that is never accidentally London's."""
    for name in [name for name in os.environ if name.startswith("EARLYHELP_") and "_TEST_" not in name]:
        del os.environ[name]
    os.environ["EARLYHELP_SQLITE_SYNCHRONOUS"] = "OFF"
    os.environ["TZ"] = "Pacific/Auckland"
    time.tzset()


def _clear_after_the_killed() -> None:
    """A run that was killed left its folder and server behind; PostgreSQL ends by itself once its files are gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if Path("/proc/self").exists() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


SLOW_FILES = {
    "tests/insight/measures/test_against_a_walk.py",
    "tests/pathway/test_local_variants.py",
    "tests/properties/test_clock_oracle.py",
}
SLOW_FOLDERS = {"api", "attacks", "cli", "load", "simulation", "web"}
"""Files and folders whose tests together take longer than a quick run may."""


DEAREST_FIRST = (
    "journeys",
    "load",
    "insight",
    "cli",
    "simulation",
    "attacks",
    "api",
    "packaging",
    "faults",
    "web",
)
"""Folders with files of half a minute. A worker that takes one of them up last keeps all others waiting."""


TRACED_FOLDERS = {"casework", "faults", "matching", "pathway", "questionnaires"}
TRACED_FILES = {
    "cli": {"backups", "exports"},
    "insight": {"behind", "caseload", "kept", "scorecard", "unusual_readings"},
    "web": {
        "accounts_page",
        "calendar_page",
        "deciding",
        "desk_pages",
        "import_pages",
        "kept_work",
        "managers_pages",
        "office_changes",
        "own_words",
        "passkeys",
        "request_support",
        "restricted_pages",
        "retention_page",
        "scorecard_pages",
        "second_factor",
        "sessions",
        "single_sign_on",
        "step_ups",
    },
}
"""Tests that say what the engine and casework must do, there or on the page where it is done. All others pass through
them on their way, and run without counting branches, which makes them half as slow again."""
DIFFER_BY_DATABASE = {"importing", "bulk"}
"""On PostgreSQL casework does what it does on SQLite, but for the ways by which it reads and writes very many rows."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    plugin = item.config.pluginmanager.getplugin("_cov")
    counting = getattr(plugin, "cov_controller", None)
    if counting is not None:
        wanted = _is_traced(item)
        if wanted != counting.started:
            (counting.resume if wanted else counting.pause)()
    return (yield)


def _is_traced(item: pytest.Item) -> bool:
    folder, name = item.path.relative_to(item.config.rootpath).parts[1], item.path.stem.removeprefix("test_")
    if folder in {"casework", "insight"} and item.get_closest_marker("postgresql"):
        return name in DIFFER_BY_DATABASE
    return folder in TRACED_FOLDERS or name in TRACED_FILES.get(folder, ())


def _dearest_first(item: pytest.Item) -> int:
    folder = item.path.relative_to(item.config.rootpath).parts[1]
    return DEAREST_FIRST.index(folder) if folder in DEAREST_FIRST else len(DEAREST_FIRST)


def _mark(item: pytest.Item) -> None:
    place = item.path.relative_to(item.config.rootpath)
    if place.as_posix() in SLOW_FILES or place.parts[1] in SLOW_FOLDERS:
        item.add_marker(pytest.mark.slow)
    if "journeys" in item.path.parts:
        item.add_marker(pytest.mark.journey)
    if item.get_closest_marker("journey") and browser.chromium() is None:
        item.add_marker(pytest.mark.skip(reason=browser.ABSENT))
    wanted: set[str] = set(getattr(item, "fixturenames", ()))
    if wanted & {"postgresql_url", "postgresql_engine"}:
        item.add_marker(pytest.mark.postgresql)
    if "pathway" in item.path.relative_to(item.config.rootpath).parts[:2] and wanted & DATABASE_FIXTURES:
        raise pytest.UsageError(f"{item.nodeid}: the engine is tested without a database")


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def _shared() -> Path:
    return Path(os.environ[SHARED])


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        network.refuse_outside(patch)
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return browser.launch_options()


@pytest.fixture(scope="session")
def migrated() -> Callable[[Path], Engine]:
    """Opens that file as a SQLite database with every table and nobody in it."""
    return lambda file: databases.sqlite_in(file, _shared())


@pytest.fixture
def sqlite_url(tmp_path: Path) -> Callable[[], str]:
    """Each call: the address of a migrated, empty database of its own."""
    return lambda: databases.new_sqlite(_shared(), tmp_path)


@pytest.fixture
def postgresql_url() -> Iterator[Callable[[], str]]:
    """Each call: the address of a migrated, empty database of its own, dropped after the test."""
    made: list[str] = []

    def make() -> str:
        made.append(databases.new_postgresql(_shared()))
        return made[-1]

    yield make
    for url in made:
        databases.drop_postgresql(url, _shared())


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    kept = statements.ForEveryDatabase(statements.ROOM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "Statements", lambda: kept)
        yield


@pytest.fixture(scope="session")
def _worker_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return connect(f"sqlite:///{tmp_path_factory.mktemp('database') / 'worker.sqlite3'}")


@pytest.fixture(scope="session")
def _worker_postgresql() -> Iterator[Engine]:
    engine = connect(databases.new_postgresql(_shared()))
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(_worker_sqlite: Engine) -> Iterator[Engine]:
    """A migrated, empty database in a file. One per worker, made anew before each test, so that what SQLAlchemy has
    compiled is compiled once; what a test listens to ends with the test."""
    databases.renew(_worker_sqlite, _shared())
    yield _worker_sqlite.execution_options()
    _worker_sqlite.dispose()


@pytest.fixture
def postgresql_engine(_worker_postgresql: Engine) -> Iterator[Engine]:
    """As `sqlite_engine`, emptied before each test. Its connection is kept: a new one learns every table anew."""
    databases.empty(_worker_postgresql)
    yield _worker_postgresql.execution_options()
    databases.keep_one(_worker_postgresql)


@pytest.fixture(params=BOTH)
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated, empty database of both kinds in turn."""
    engine: Engine = request.getfixturevalue(f"{request.param}_engine")
    return engine


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """One writing transaction, rolled back after the test."""
    with engine.connect() as connection:
        will_write(connection)
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture(params=BOTH)
def fresh_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A migrated database of its own, for tests with several processes, threads or connections."""
    engine = connect(request.getfixturevalue(f"{request.param}_url")())
    yield engine
    engine.dispose()


@pytest.fixture(params=BOTH)
def blank_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without a single table, for tests of the migrations themselves."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'blank.sqlite3'}"
    else:
        url = databases.blank_postgresql(_shared())
    engine = connect(url)
    yield engine
    engine.dispose()
    if request.param == "postgresql":
        databases.drop_postgresql(url, _shared())
