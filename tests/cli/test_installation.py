"""From an empty folder to people, tokens, sweeps and proofs, each through the real program."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Run

BROKEN = 'extends = "standard"\nname = "local"\ntitle = "Local"\nversion = "1"\ncolour = "red"\n'


def database(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(tmp_path / "instance" / "earlyhelp.db")


def refused(answer: Answer, *words: str) -> None:
    """Exit 1, nothing on standard output, one line that says why."""
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (1, "", 1), answer.stderr
    assert answer.stderr.startswith("earlyhelp: ")
    for word in words:
        assert word in answer.stderr


def test_init_may_be_run_again(installed: Run, tmp_path: Path) -> None:
    again = installed("init")
    assert (again.returncode, again.stderr) == (0, "")
    assert "0 services added" in again.stdout
    with closing(database(tmp_path)) as rows:
        assert rows.execute("SELECT count(*) FROM teams").fetchone() == (3,)


@pytest.mark.parametrize(
    "words",
    [
        ["serve"],
        ["worker"],
        ["sweep"],
        ["audit", "verify"],
        ["token", "create", "a@b.example"],
        ["simulate", "--contacts", "1"],
    ],
)
def test_without_a_database_every_verb_says_what_to_do(run: Run, words: list[str]) -> None:
    refused(run(*words), "there is no database at", "run earlyhelp init first")


def test_an_empty_database_is_not_ready(run: Run, tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    database(tmp_path).close()
    refused(run("sweep"), "has no tables yet: run earlyhelp init first")


def test_a_database_of_another_version_is_not_ready(installed: Run, tmp_path: Path) -> None:
    with closing(database(tmp_path)) as rows, rows:
        rows.execute("UPDATE alembic_version SET version_num = '0000'")
    refused(installed("serve"), "at revision 0000, this version needs")


@pytest.mark.parametrize("verb", ["init", "serve", "worker"])
def test_a_broken_pathway_file_stops_the_start(
    installed: Run, environment: dict[str, str], tmp_path: Path, verb: str
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "broken.toml").write_text(
        'extends = "standard"\nname = "local"\ntitle = "Local"\nversion = "1"\ncolour = "red"\n'
    )
    environment["EARLYHELP_WORKFLOWS_PATH"] = str(own)
    refused(installed(verb), "broken.toml:5", "colour")


def test_a_setting_that_cannot_be_used_is_named(run: Run, environment: dict[str, str]) -> None:
    environment["EARLYHELP_DATABASE_URL"] = "mysql://somewhere"
    refused(run("init"), "EARLYHELP_DATABASE_URL")


def test_a_database_that_cannot_be_reached_is_one_line(run: Run, environment: dict[str, str]) -> None:
    environment["EARLYHELP_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    refused(run("sweep"), "the database refuses")


def test_serve_needs_the_shared_secret(installed: Run, environment: dict[str, str]) -> None:
    del environment["EARLYHELP_SECRET_KEY"]
    refused(installed("serve"), "EARLYHELP_SECRET_KEY")


def test_an_account_is_made_with_its_team_and_a_password_told_once(installed: Run, tmp_path: Path) -> None:
    words = ["--name", "Ann Lee", "--role", "manager,screener", "--role", "manager", "--team", "North"]
    made = installed("user", "create", "Ann@Example.org", *words)
    assert (made.returncode, made.stderr) == (0, "")
    assert "Team North did not exist: made, of kind locality." in made.stdout
    assert "Password, shown this once: " in made.stdout
    with closing(database(tmp_path)) as rows:
        roles = rows.execute("SELECT role FROM user_roles ORDER BY role").fetchall()
        (stored,) = rows.execute("SELECT password_hash FROM users").fetchone()
    assert roles == [("manager",), ("screener",)]
    assert made.stdout.split()[-1] not in stored


def test_an_existing_team_is_found_by_name(installed: Run, tmp_path: Path) -> None:
    words = ["--name", "Ann", "--role", "screener", "--team", "front DOOR", "--password-stdin"]
    made = installed("user", "create", "ann@example.org", *words, given="a long enough password\n")
    assert made.stdout == "ann@example.org can sign in as screener.\n"
    with closing(database(tmp_path)) as rows:
        assert rows.execute("SELECT count(*) FROM teams").fetchone() == (3,)


@pytest.mark.parametrize(
    ("email", "role", "given", "problem"),
    [
        ("nonsense", "screener", "a long enough password\n", "is not an e-mail address"),
        ("a@b.example", "boss", "a long enough password\n", "There is no role 'boss'; roles are"),
        ("a@b.example", ",", "a long enough password\n", "Give at least one role"),
        ("a@b.example", "screener", "short\n", "A password has 12 to 200 characters"),
        ("a@b.example", "screener", "", "no password came on standard input"),
    ],
)
def test_an_account_that_cannot_be_made_changes_nothing(
    installed: Run, tmp_path: Path, email: str, role: str, given: str, problem: str
) -> None:
    words = ["--name", "A", "--role", role, "--team", "A new team", "--password-stdin"]
    refused(installed("user", "create", email, *words, given=given), problem)
    with closing(database(tmp_path)) as rows:
        assert rows.execute("SELECT count(*) FROM users").fetchone() == (0,)
        assert rows.execute("SELECT count(*) FROM teams").fetchone() == (3,)


def test_a_token_or_a_new_password_is_all_that_is_printed(installed: Run) -> None:
    installed("user", "create", "school@example.org", "--name", "School", "--role", "partner")
    made = installed("token", "create", "SCHOOL@example.org", "--name", "case system")
    assert made.stdout.startswith("eh_")
    assert len(made.stdout.strip()) == 46
    told = installed("user", "password", "school@example.org").stdout
    assert len(told.strip()) == 16
    for verb in (("token", "create"), ("user", "password")):
        refused(installed(*verb, "nobody@example.org"), "there is no account for nobody@example.org")


def test_one_sweep_counts_what_it_raised(installed: Run) -> None:
    swept = installed("sweep", "--at", "2026-03-31T10:00:00+01:00", "--json")
    assert json.loads(swept.stdout) == {"warnings": 0, "breaches": 0, "escalations": 0, "resolved": 0}
    assert installed("sweep").stdout == "0 warnings, 0 breaches, 0 escalations, 0 resolved\n"


def test_a_history_is_simulated_swept_and_proved(installed: Run, tmp_path: Path) -> None:
    days = ["--from", "2026-01-05", "--to", "2026-02-27"]
    made = installed("simulate", "--contacts", "20", "--seed", "3", *days)
    assert (made.returncode, made.stderr) == (0, "")
    assert "20 contacts from 05/01/2026" in made.stdout
    swept = json.loads(installed("sweep", "--json").stdout)
    assert swept["breaches"] > 0
    assert "every link of their histories holds" in installed("audit", "verify").stdout
    with closing(database(tmp_path)) as rows:
        (reference,) = rows.execute("SELECT reference FROM cases ORDER BY id LIMIT 1").fetchone()
        with rows:
            rows.execute(
                "INSERT INTO access_log (at, user_id, what, reason) SELECT '2026-03-02', min(id), 'case', '' FROM users"
            )
    assert f"{reference}: every link" in installed("audit", "verify", reference.lower()).stdout
    made = installed("audit", "checkpoint")
    digest = made.stdout.split("digest is ")[1].split()[0]
    with closing(database(tmp_path)) as rows:
        (seal,) = rows.execute("SELECT hash FROM access_seals").fetchone()
    assert digest in installed("audit", "verify", "--knows", digest, "--knows", seal).stdout
    refused(installed("audit", "verify", "--knows", "f" * 64), "it was cut off or replaced")
    _rewrite_history(tmp_path, reference)
    refused(installed("audit", "verify"), f"{reference}: event 1: was changed after it was written")
    refused(installed("audit", "verify", reference), "was changed after it was written")


def _rewrite_history(tmp_path: Path, reference: str) -> None:
    with closing(database(tmp_path)) as rows, rows:
        rows.execute("DROP TRIGGER events_is_not_changed")
        rows.execute(
            "UPDATE events SET reason = 'nothing to see' WHERE sequence = 1 AND case_id = "
            "(SELECT id FROM cases WHERE reference = ?)",
            (reference,),
        )


@pytest.mark.parametrize("case", ["nonsense", "EH-222-2222", "EH-99B-DDQQ"])
def test_a_case_that_is_not_there_cannot_be_proved(installed: Run, case: str) -> None:
    refused(installed("audit", "verify", case), f"there is no case {case}")


def test_a_history_cannot_end_before_it_begins(installed: Run) -> None:
    days = ["--from", "2026-03-01", "--to", "2026-02-01"]
    refused(installed("simulate", "--contacts", "5", *days), "--to must not lie before --from")
