"""Publishing a version, moving open cases to it and trying a file on the past, from a terminal."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from earlyhelp.places import workflows
from earlyhelp.records.database import transaction
from tests.casework.watched_cases import allocated, found_council
from tests.cli.conftest import Answer, Run


@pytest.fixture
def terminal(run: Run, tmp_path: Path, migrated: Callable[[Path], Engine]) -> Run:
    """An installation with one open case that waits for a first contact, on the standard pathway alone."""
    (tmp_path / "instance").mkdir()
    engine = migrated(tmp_path / "instance" / "earlyhelp.db")
    with transaction(engine) as connection:
        allocated(connection, found_council(connection))
    engine.dispose()
    return run


def file_of(tmp_path: Path, version: str = "2", working_days: int = 3) -> str:
    """The standard file with another version and another time limit."""
    text = (workflows() / "standard.toml").read_text()
    start = text.index("[clocks.first_contact]")
    clock = text[start:].replace("working_days = 5", f"working_days = {working_days}", 1)
    changed = (text[:start] + clock).replace('version = "1"', f'version = "{version}"', 1)
    (tmp_path / "changed.toml").write_text(changed)
    return "changed.toml"


def refused(answer: Answer, *words: str) -> None:
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1), answer.stderr
    assert all(word in answer.stderr for word in words), answer.stderr


def published(run: Run, file: str) -> Answer:
    return run("pathway", "publish", file, "--reason", "Agreed by the board")


def test_a_version_is_published_with_what_changes(terminal: Run, tmp_path: Path) -> None:
    file = file_of(tmp_path)
    only_told = terminal("pathway", "publish", file, "--dry-run")
    assert "5 working days becomes 3 working days" in only_told.stdout
    assert "is published" not in only_told.stdout
    answer = published(terminal, file)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "standard 2 is published. Open cases keep their version" in answer.stdout
    assert "Nothing changes: standard 2 is published already" in published(terminal, file).stdout
    refused(published(terminal, file_of(tmp_path, working_days=4)), "still version 2", "version")
    refused(published(terminal, file_of(tmp_path, version="1.5")), "lower than 2")
    only_number = published(terminal, file_of(tmp_path, version="3"))
    assert "Nothing changes but the version: 2 becomes 3" in only_number.stdout


def test_what_cannot_be_published_is_one_line(terminal: Run, tmp_path: Path) -> None:
    refused(terminal("pathway", "publish", file_of(tmp_path)), "--reason")
    refused(published(terminal, "absent.toml"), "absent.toml")
    (tmp_path / "broken.toml").write_text(
        'extends = "standard"\nname = "x"\ntitle = "X"\nversion = "1"\nq = 1\n'
    )
    refused(published(terminal, "broken.toml"), "broken.toml:5: q")


def test_open_cases_are_shown_and_then_moved(terminal: Run, tmp_path: Path) -> None:
    published(terminal, file_of(tmp_path, working_days=20))
    shown = terminal("pathway", "move", "standard")
    assert "first_contact: due" in shown.stdout
    assert shown.stdout.endswith("1 of 1 cases would move.\n")
    refused(terminal("pathway", "move", "standard", "--apply"), "--reason")
    refused(terminal("pathway", "move", "elsewhere"), "no published pathway called elsewhere")
    refused(terminal("pathway", "move", "standard", "--case", "EH-000-0000"), "no open case", "EH-000-0000")
    moved = terminal("pathway", "move", "standard", "--apply", "--reason", "Fairer")
    assert (moved.returncode, moved.stdout.splitlines()[-1]) == (0, "1 of 1 cases moved.")
    assert terminal("pathway", "move", "standard").stdout == "0 of 0 cases would move.\n"


def test_a_file_is_tried_on_the_past(terminal: Run, tmp_path: Path) -> None:
    file, days = file_of(tmp_path, working_days=3), ("--from", "2026-03-01", "--to", "2026-04-30")
    data = json.loads(terminal("pathway", "replay", "standard", "--with", file, *days, "--json").stdout)
    assert data["cases"] == 1
    assert data["not_allowed"] == []
    words = terminal("pathway", "replay", "standard", "--with", file, *days).stdout
    assert words.startswith("1 cases walked.")
    assert "first_contact: was " in words
    assert "What is not tried" in words
    backwards = ("--from", "2026-03-02", "--to", "2026-03-01")
    refused(terminal("pathway", "replay", "standard", "--with", file, *backwards), "--to must not lie before")
    refused(terminal("pathway", "replay", "standard", "--with", "absent.toml", *days), "absent.toml")
    refused(terminal("pathway", "replay", "elsewhere", "--with", file, *days), "elsewhere")


def test_usage_errors_leave_with_2(run: Run) -> None:
    for words in (("publish",), ("replay", "standard"), ("move", "standard", "--state", "nothing")):
        with pytest.raises(SystemExit) as left:
            run("pathway", *words)
        assert left.value.code == 2
