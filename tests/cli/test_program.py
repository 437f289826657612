"""Every verb once as the real program: exit code, and what goes where."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import CHECKOUT, Run

pytestmark = pytest.mark.slow


def test_a_day_at_the_terminal(program: Run, tmp_path: Path) -> None:
    """From nothing to a proved history, each verb succeeding without a word on standard error."""
    standard = str(CHECKOUT / "workflows" / "standard.toml")
    verbs: list[list[str]] = [
        ["init"],
        ["user", "create", "ann@example.org", "--name", "Ann", "--role", "screener", "--team", "North"],
        ["token", "create", "ann@example.org"],
        ["pathway", "check", standard, "--json"],
        ["pathway", "list"],
        ["pathway", "schema"],
        ["pathway", "diagram", "standard", "-o", "standard.svg"],
        ["simulate", "--contacts", "3", "--from", "2026-03-02", "--to", "2026-03-20"],
        ["sweep", "--json"],
        ["audit", "verify"],
    ]
    said = {}
    for words in verbs:
        answer = program(*words)
        assert (answer.returncode, answer.stderr) == (0, ""), words
        said[" ".join(words[:2])] = answer.stdout
    assert json.loads(said["sweep --json"]).keys() == {"warnings", "breaches", "escalations", "resolved"}
    assert (tmp_path / "standard.svg").is_file()


@pytest.mark.parametrize(
    ("words", "code"),
    [(["serve"], 1), (["worker"], 1), (["audit", "verify", "EH-222-2222"], 1), (["nonsense"], 2), ([], 2)],
)
def test_what_cannot_be_done_is_one_line_on_standard_error(program: Run, words: list[str], code: int) -> None:
    answer = program(*words)
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (code, "", 1)


MISTYPED = "earlyhelp: EARLYHELP_DATABSE_URL is not a setting. Did you mean EARLYHELP_DATABASE_URL?\n"


@pytest.mark.parametrize("words", [["init"], ["pathway", "schema"]])
def test_a_mistyped_setting_is_told_and_the_verb_goes_on(
    program: Run, environment: dict[str, str], words: list[str]
) -> None:
    environment["EARLYHELP_DATABSE_URL"] = "postgresql://app:pw@db/earlyhelp"
    answer = program(*words)
    assert (answer.returncode, answer.stderr) == (0, MISTYPED)


@pytest.mark.usefixtures("installed")
def test_another_web_server_is_told_of_a_mistyped_setting_too(
    environment: dict[str, str], tmp_path: Path
) -> None:
    environment["EARLYHELP_DATABSE_URL"] = "postgresql://app:pw@db/earlyhelp"
    asked = [sys.executable, "-c", "import wsgi"]
    loaded = subprocess.run(
        asked, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    assert loaded.stderr == MISTYPED
