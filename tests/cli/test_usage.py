"""Every verb says how it is used, at once, and what is wrong with its usage in one line."""

import argparse
import re
import subprocess
import sys

import pytest

from earlyhelp.cli import main
from earlyhelp.cli.entry import build_parser
from earlyhelp.cli.plain_words import words_for
from earlyhelp.cli.verbs import VERBS

HEAVY = ("sqlalchemy", "flask", "pydantic", "alembic", "gunicorn", "earlyhelp.casework")


@pytest.mark.parametrize("verb", [verb.words for verb in VERBS])
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*verb.split(), "--help"])
    assert left.value.code == 0
    assert f"usage: earlyhelp {verb}" in capsys.readouterr().out


def test_help_loads_nothing_that_takes_time() -> None:
    program = (
        "import sys\nfrom earlyhelp.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "VERB"),
        (["fly"], "invalid choice: 'fly'"),
        (["user", "create"], "EMAIL, --name, --role"),
        (["serve", "--port", "70000"], "'70000' is not a port from 0 to 65535"),
        (["serve", "--workers", "0"], "'0' is not a whole number of at least 1"),
        (["sweep", "--at", "2026-03-31T09:00"], "must say its offset"),
        (["sweep", "--at", "soon"], "'soon' is not a moment"),
        (["sweep", "--at", "9999-12-31T23:59:59-14:00"], "is not a moment"),
        (["report", "scorecard", "--month", "9999-12"], "'9999-12' is not a month"),
        (["simulate"], "--contacts"),
        (["simulate", "--contacts", "5", "--from", "31/03/2026"], "is not a day like 2026-03-31"),
        (
            ["user", "create", "a@b.example", "--name", "A", "--role", "screener", "--team-kind", "x"],
            "invalid",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    said = capsys.readouterr()
    assert left.value.code == 2
    assert problem in said.err
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_every_verb_names_a_function_that_is_there() -> None:
    parser = build_parser()
    assert parser.prog == "earlyhelp"
    assert len({verb.words for verb in VERBS}) == len(VERBS)


def test_a_fault_of_ours_is_not_dressed_up_as_an_answer() -> None:
    assert words_for(ZeroDivisionError("ours")) is None


def test_a_file_that_cannot_be_opened_is_named() -> None:
    fault: Exception = FileNotFoundError(2, "No such file or directory", "/there/is/none")
    assert words_for(fault) == "/there/is/none: No such file or directory"


def test_no_verb_takes_a_secret_where_everybody_on_the_machine_can_read_it() -> None:
    """Arguments stand in the list of processes: secrets come from the environment or by standard input."""
    told = set()
    for verb in VERBS:
        parser = argparse.ArgumentParser()
        verb.arguments(parser)
        told |= {name for action in parser._actions for name in (*action.option_strings, action.dest)}
    assert len(told) > 40
    secret = re.compile(r"password|secret|token|passphrase|api.?key")
    assert {name for name in told if secret.search(name)} == {"--password-stdin", "password_stdin"}
