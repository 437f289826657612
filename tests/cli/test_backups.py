"""A lost server is brought back from one file, and a backup that is not whole is refused before it touches anything."""

import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event as Signal, Thread

import pytest
from sqlalchemy import Engine, func, insert, select

from earlyhelp.casework.checkpoint_proof import broken_since, whole_up_to
from earlyhelp.casework.checkpoints import Checkpoint, next_checkpoint
from earlyhelp.casework.whole_import import ImportRefused
from earlyhelp.exporting.backup import BackedUp, back_up
from earlyhelp.exporting.restore import Place, Restored, RestoreRefused, restore_file, restore_tables
from earlyhelp.filing.checkpoints import add_checkpoint, kept_checkpoints
from earlyhelp.filing.storing import Store
from earlyhelp.records.cases import Case, Contact, Event
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.organisation import User
from earlyhelp.records.reference import AccessEntry
from tests.casework.watched_cases import MONDAY, Council, allocated, contact, council_in
from tests.cli.conftest import Run
from tests.cli.test_exports import rows_of
from tests.support.tampering import tamper

KEY = "k" * 40
PHOTO = b"a drawing of the family"
Working = tuple[Engine, Council, Path]
BringBack = Callable[[BackedUp], tuple[Restored, Engine]]


def new_place(folder: Path, *, key: str = KEY) -> Place:
    return Place(folder / "files", folder / "checkpoints.jsonl", key, MONDAY + timedelta(days=1))


@pytest.fixture
def working(fresh_engine: Engine, tmp_path: Path) -> Working:
    """A council at work: two cases, one attached file."""
    council = council_in(fresh_engine)
    with transaction(fresh_engine) as connection:
        allocated(connection, council)
        contact(connection, council, surname="O'Brien-Ξένια")
    files = tmp_path / "files"
    Store(files).keep(PHOTO)
    return fresh_engine, council, files


@pytest.fixture
def bring_back(request: pytest.FixtureRequest, fresh_engine: Engine, tmp_path: Path) -> Iterator[BringBack]:
    """Restore a backup into an empty place of the same kind of database."""
    engines: list[Engine] = []
    place = new_place(tmp_path / "new")

    def bring_back(made: BackedUp) -> tuple[Restored, Engine]:
        if fresh_engine.dialect.name == "sqlite":
            path = tmp_path / "new" / "earlyhelp.db"
            done = restore_file(made.path, path, place)
            engines.append(connect(f"sqlite:///{path}"))
        else:
            engines.append(connect(request.getfixturevalue("postgresql_url")()))
            done = restore_tables(made.path, engines[-1], place)
        return done, engines[-1]

    yield bring_back
    for engine in engines:
        engine.dispose()


def test_what_is_restored_equals_what_was_backed_up(
    working: Working, bring_back: BringBack, tmp_path: Path
) -> None:
    engine, _, files = working
    made = back_up(engine, files, tmp_path, now=MONDAY)
    done, restored = bring_back(made)
    assert rows_of(restored) == rows_of(engine)
    assert (done.cases, done.files, done.rows) == (2, 1, made.rows)
    assert [path.read_bytes() for path in (tmp_path / "new" / "files").glob("*/*")] == [PHOTO]
    assert made.path.stat().st_mode & 0o077 == 0


def test_a_backup_made_while_people_write_holds_one_moment(
    working: Working, bring_back: BringBack, tmp_path: Path
) -> None:
    engine, council, files = working
    enough, writing = Signal(), Signal()

    def write() -> None:
        for number in range(500):
            with transaction(engine) as connection:
                contact(connection, council, at=MONDAY + timedelta(minutes=number))
            writing.set()
            if enough.is_set():
                return

    writer = Thread(target=write)
    writer.start()
    assert writing.wait(30)
    made = back_up(engine, files, tmp_path / "backup.tar.gz", now=MONDAY)
    enough.set()
    writer.join()
    _, restored = bring_back(made)
    with reading(restored) as connection:
        cases = connection.scalar(select(func.count()).select_from(Case))
        assert cases == connection.scalar(select(func.count()).select_from(Contact))
        assert connection.scalar(select(func.sum(Case.version))) == connection.scalar(
            select(func.count(Event.id))
        )


def test_a_place_in_use_is_not_restored_into(working: Working, tmp_path: Path) -> None:
    engine, _, files = working
    made = back_up(engine, files, tmp_path, now=MONDAY)
    before = rows_of(engine)
    place = engine.url.database or ""
    in_file = engine.dialect.name == "sqlite"
    again = partial(restore_file, database=Path(place)) if in_file else partial(restore_tables, engine=engine)
    with pytest.raises((RestoreRefused, ImportRefused), match="already"):
        again(made.path, place=new_place(tmp_path / "new"))
    assert rows_of(engine) == before


def checkpointed(engine: Engine, path: Path, *, at: datetime, key: str = KEY) -> list[Checkpoint]:
    with reading(engine) as connection:
        add_checkpoint(
            path, lambda earlier: next_checkpoint(connection, earlier=earlier, secret_key=key, now=at)
        )
    return kept_checkpoints(path)


def test_the_checkpoints_come_back_and_say_that_later_ones_knew_more(
    working: Working, bring_back: BringBack, tmp_path: Path
) -> None:
    engine, council, files = working
    old, new = tmp_path / "checkpoints.jsonl", tmp_path / "new" / "checkpoints.jsonl"
    checkpointed(engine, old, at=MONDAY)
    made = back_up(engine, files, tmp_path / "b.tar.gz", now=MONDAY + timedelta(hours=1), checkpoints=old)
    with transaction(engine) as connection:
        contact(connection, council, surname="Afterwards")
    new.parent.mkdir()
    known = checkpointed(engine, old, at=MONDAY + timedelta(hours=2))
    shutil.copyfile(old, new)
    done, restored = bring_back(made)
    assert (done.checkpoints, done.later, done.signed) == (3, 1, True)
    kept = kept_checkpoints(new)
    assert kept[:2] == known
    assert kept[2].restored.startswith("2026-03-02T11:00:00")
    with reading(restored) as connection:
        assert len(list(broken_since(connection, known))) == 1, "what came after the backup is missing"
        assert list(broken_since(connection, kept)) == [], "and that is said"
        mark = whole_up_to(connection, known)
    assert mark is not None
    assert mark.number == 1
    with transaction(restored) as connection:
        contact(connection, council, surname="Afterwards")
    more = checkpointed(restored, new, at=MONDAY + timedelta(days=2))
    with transaction(restored) as connection:
        assert list(broken_since(connection, more)) == []
        tamper(connection, "UPDATE events SET hash = 'f' WHERE case_id = (SELECT min(id) FROM cases)")
        assert list(broken_since(connection, more)) != [], "what the backup held is still held to"


def test_a_backup_that_lacks_what_its_checkpoints_knew_is_refused(
    working: Working, bring_back: BringBack, tmp_path: Path
) -> None:
    engine, _, files = working
    checkpointed(engine, tmp_path / "own.jsonl", at=MONDAY)
    with transaction(engine) as connection:
        last = "(SELECT version FROM cases WHERE id = (SELECT min(id) FROM cases))"
        mine = "case_id = (SELECT min(id) FROM cases)"
        tamper(connection, f"DELETE FROM events WHERE {mine} AND sequence = {last}")
        before = f"(SELECT hash FROM events WHERE {mine} ORDER BY sequence DESC LIMIT 1)"
        shorter = f"UPDATE cases SET version = version - 1, last_hash = {before}"
        tamper(connection, f"{shorter} WHERE id = (SELECT min(id) FROM cases)")
    made = back_up(engine, files, tmp_path, now=MONDAY, checkpoints=tmp_path / "own.jsonl")
    with pytest.raises(RestoreRefused, match="lacks what its own checkpoints knew"):
        bring_back(made)
    assert not (tmp_path / "new" / "checkpoints.jsonl").exists()


def test_checkpoints_of_another_installation_are_not_mixed_with_ours(
    working: Working, bring_back: BringBack, tmp_path: Path
) -> None:
    engine, _, files = working
    checkpointed(engine, tmp_path / "own.jsonl", at=MONDAY)
    made = back_up(engine, files, tmp_path, now=MONDAY, checkpoints=tmp_path / "own.jsonl")
    (tmp_path / "new").mkdir()
    checkpointed(engine, tmp_path / "new" / "checkpoints.jsonl", at=MONDAY, key="z" * 40)
    with pytest.raises(RestoreRefused, match="not those of the backup"):
        bring_back(made)


def repacked(backup: Path, change: Callable[[Path], None]) -> Path:
    """The same backup with something changed inside."""
    folder = backup.parent / "opened"
    with tarfile.open(backup) as archive:
        archive.extractall(folder, filter="data")
    change(folder)
    other = backup.with_name("changed.tar.gz")
    with tarfile.open(other, "w:gz") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.add(path, path.relative_to(folder).as_posix())
    return other


def with_another_photo(folder: Path) -> None:
    next((folder / "files").glob("*/*")).write_bytes(b"another drawing")


def without_the_photo(folder: Path) -> None:
    shutil.rmtree(folder / "files")


def of_another_version(folder: Path) -> None:
    contents = folder / "contents.json"
    contents.write_text(json.dumps(json.loads(contents.read_text()) | {"revision": "9999"}))


def without_contents(folder: Path) -> None:
    (folder / "contents.json").unlink()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_another_photo, "not what was backed up"),
        (without_the_photo, "does not hold what it says"),
        (of_another_version, "the version that made it"),
        (without_contents, "damaged, unfinished"),
    ],
)
def test_a_changed_backup_is_refused_and_nothing_is_placed(
    installed: Run, tmp_path: Path, change: Callable[[Path], None], words: str
) -> None:
    Store(tmp_path / "instance" / "files").keep(PHOTO)
    assert installed("backup", "-o", "whole.tar.gz").returncode == 0
    other = repacked(tmp_path / "whole.tar.gz", change)
    target = tmp_path / "elsewhere" / "earlyhelp.db"
    with pytest.raises(RestoreRefused, match=words):
        restore_file(other, target, new_place(tmp_path / "elsewhere"))
    assert not target.exists()


def test_the_verbs_back_up_and_restore_and_say_what_they_did(
    installed: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    made = installed("backup", "-o", "whole.tar.gz")
    assert "attached files in whole.tar.gz" in made.stdout
    in_use = installed("restore", "whole.tar.gz")
    assert (in_use.returncode, "is there already" in in_use.stderr) == (1, True)
    environment["EARLYHELP_INSTANCE_PATH"] = str(tmp_path / "other")
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes((tmp_path / "whole.tar.gz").read_bytes()[:5000])
    damaged = installed("restore", "cut.tar.gz")
    assert (damaged.returncode, "is damaged" in damaged.stderr) == (1, True)
    assert installed("restore", "missing.tar.gz").stderr == "earlyhelp: there is no file missing.tar.gz\n"
    done = installed("restore", "whole.tar.gz")
    assert done.returncode == 0, done.stderr
    assert "every link of their histories holds" in done.stdout
    assert installed("audit", "verify").returncode == 0


def test_an_older_copy_is_told_from_tampering_and_said_to_be_one(
    installed: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    assert installed("audit", "checkpoint").returncode == 0
    assert installed("backup", "-o", "old.tar.gz").returncode == 0
    instance = tmp_path / "instance"
    engine = connect(f"sqlite:///{instance / 'earlyhelp.db'}")
    with transaction(engine) as connection:
        user = insert(User).values(email="sam@example.org", name="Sam Field", created_at=MONDAY)
        reader = connection.execute(user.returning(User.id)).scalar_one()
        connection.execute(insert(AccessEntry).values(at=MONDAY, user_id=reader, what="case"))
    engine.dispose()
    assert installed("audit", "checkpoint").returncode == 0
    for path in instance.glob("earlyhelp.db*"):
        path.unlink()
    shutil.move(instance / "checkpoints.jsonl", tmp_path / "kept.jsonl")
    assert installed("restore", "old.tar.gz").returncode == 0
    without = installed("audit", "verify", "--checkpoints", str(tmp_path / "kept.jsonl"))
    assert "access log: seal 1 over the entries up to 1 is gone: checkpoint 2" in without.stderr
    assert (without.returncode, "Up to checkpoint 1 of" in without.stderr) == (1, True)
    shutil.copyfile(tmp_path / "kept.jsonl", instance / "checkpoints.jsonl")
    moment = kept_checkpoints(tmp_path / "kept.jsonl")[0].at
    assert installed("audit", "checkpoint", "--restored", moment).returncode == 0
    whole = installed("audit", "verify")
    assert whole.returncode == 0, whole.stderr
    assert f"as it stood at {moment}. Checkpoints 2 to 2 knew of later records." in whole.stdout
    assert "who opened what is as it was sealed; 0 newer entries" in whole.stdout
