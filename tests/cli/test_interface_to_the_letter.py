"""Options that scripts outside the repository rely on, as the public interface writes them."""

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from earlyhelp.records.database import connect, transaction
from earlyhelp.records.organisation import User
from tests.cli.conftest import Run

OWN_RULES = """
[[rules]]
name = "Six years after closing"
keep = [{ anchor = "closing", years = 6 }]
"""
ADMINISTRATOR = ("--name", "Ada Brown", "--role", "administrator")


def test_a_caseload_takes_the_period_that_every_report_takes(installed: Run) -> None:
    of_days = installed(
        "report", "caseload", "--from", "2020-01-01", "--to", "2020-01-31", "--format", "json"
    )
    assert of_days.returncode == 0, of_days.stderr
    assert json.loads(of_days.stdout)["on"] == "2020-01-31"
    known = ("--month", "2020-01", "--as-known-on", "2020-01-15", "--format", "json")
    assert json.loads(installed("report", "caseload", *known).stdout)["on"] == "2020-01-15"
    later = ("--month", "2020-01", "--as-known-on", "2020-02-15", "--format", "json")
    assert json.loads(installed("report", "caseload", *later).stdout)["on"] == "2020-01-31"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--from", "2020-01-31"), "--from needs a --to"),
        (("--from", "2020-01-31", "--to", "2020-01-01"), "--from needs a --to"),
        (("--month", "2020-01", "--to", "2020-01-01"), "not both"),
        (("--month", "2020-01", "--as-known-on", "2999-02-01"), "in the past"),
        (("--to", "2999-01-01"), "in the past"),
    ],
)
def test_a_period_that_a_caseload_cannot_be_of_is_refused(run: Run, words: tuple[str, ...], why: str) -> None:
    refused = run("report", "caseload", *words)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert why in refused.stderr


def test_the_only_administrator_answers_for_a_deletion_unless_somebody_is_named(
    installed: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    rules = tmp_path / "own" / "retention" / "rules.toml"
    rules.parent.mkdir(parents=True)
    rules.write_text(OWN_RULES)
    environment["EARLYHELP_WORKFLOWS_PATH"] = str(tmp_path / "own")
    nobody = installed("retention", "apply", "--yes")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "--by EMAIL" in nobody.stderr
    installed("user", "create", "ada@council.example", *ADMINISTRATOR)
    applied = installed("retention", "apply", "--yes")
    assert (applied.returncode, applied.stderr) == (0, "")
    assert applied.stdout.startswith("Deleted 0 cases")
    installed("user", "create", "bo@council.example", *ADMINISTRATOR)
    assert "--by EMAIL" in installed("retention", "apply", "--yes").stderr
    named = installed("retention", "apply", "--by", "bo@council.example", "--yes")
    assert (named.returncode, named.stderr) == (0, "")
    engine = connect(f"sqlite:///{environment['EARLYHELP_INSTANCE_PATH']}/earlyhelp.db")
    with transaction(engine) as connection:
        connection.execute(update(User).where(User.email == "ada@council.example").values(active=False))
    engine.dispose()
    assert installed("retention", "apply", "--yes").returncode == 0
