"""Checking, listing and drawing pathway files from a terminal."""

import json
from pathlib import Path

from tests.cli.conftest import CHECKOUT, Run

STANDARD = str(CHECKOUT / "workflows" / "standard.toml")
BROKEN = 'extends = "standard"\nname = "local"\ntitle = "Local"\nversion = "1"\ncolour = "red"\n'


def test_a_sound_file_is_called_sound(run: Run) -> None:
    answer = run("pathway", "check", STANDARD)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"{STANDARD}: sound\n", "")


def test_a_file_may_extend_a_shipped_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "local.toml").write_text(
        'extends = "standard"\nname = "local"\ntitle = "Local"\nversion = "1"\n'
    )
    assert run("pathway", "check", "local.toml").returncode == 0


def test_every_fault_names_file_line_and_key(run: Run, tmp_path: Path) -> None:
    (tmp_path / "local.toml").write_text(BROKEN)
    answer = run("pathway", "check", STANDARD, "local.toml", "missing.toml")
    assert answer.returncode == 1
    assert "local.toml:5: colour: " in answer.stdout
    assert "missing.toml: " in answer.stdout
    assert answer.stderr == "earlyhelp: 2 faults found\n"


def test_faults_come_as_json_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "local.toml").write_text(BROKEN)
    answer = run("pathway", "check", "local.toml", "--json")
    (fault,) = json.loads(answer.stdout)["faults"]
    assert (answer.returncode, fault["file"], fault["line"], fault["key"]) == (1, "local.toml", 5, "colour")
    assert fault["problem"]
    assert fault["mend"]


def test_sound_files_have_no_faults_in_json(run: Run) -> None:
    answer = run("pathway", "check", STANDARD, "--json")
    assert (answer.returncode, json.loads(answer.stdout)) == (0, {"faults": []})


def test_the_pathways_are_listed_with_the_councils_own(
    run: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "local.toml").write_text(
        'extends = "standard"\nname = "local"\ntitle = "Local way"\nversion = "7"\n'
    )
    environment["EARLYHELP_WORKFLOWS_PATH"] = str(own)
    listed = json.loads(run("pathway", "list", "--json").stdout)["pathways"]
    assert {"name": "local", "version": "7", "title": "Local way"} in listed
    assert any(line.split()[:2] == ["standard", "1"] for line in run("pathway", "list").stdout.splitlines())


def test_the_schema_is_json(run: Run) -> None:
    schema = json.loads(run("pathway", "schema").stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")


def test_a_pathway_is_drawn_by_name_or_file(run: Run, tmp_path: Path) -> None:
    drawn = run("pathway", "diagram", "standard", "-o", "standard.svg")
    assert (drawn.returncode, drawn.stdout) == (0, "")
    assert (tmp_path / "standard.svg").read_text().startswith("<svg")
    assert run("pathway", "diagram", STANDARD).stdout.startswith("<svg")


def test_an_unknown_pathway_cannot_be_drawn(run: Run) -> None:
    answer = run("pathway", "diagram", "elsewhere")
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (1, "", 1)
    assert "there is no pathway called elsewhere; there are" in answer.stderr


def test_a_picture_that_cannot_be_written_is_one_line(run: Run) -> None:
    answer = run("pathway", "diagram", "standard", "-o", "/no/such/folder/a.svg")
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert "/no/such/folder/a.svg" in answer.stderr


def test_a_pathway_is_shown_as_it_is_written_in_its_newest_version(run: Run) -> None:
    written = (CHECKOUT / "workflows" / "walsall.toml").read_text()
    assert run("pathway", "show", "walsall").stdout == written


def test_a_resolved_pathway_is_whole_and_sound(run: Run, tmp_path: Path) -> None:
    whole = run("pathway", "show", "worcestershire", "--resolved").stdout
    assert "extends" not in whole
    assert "[states.mash_enquiry]" in whole
    assert "[clocks.first_contact]" in whole
    (tmp_path / "whole.toml").write_text(whole)
    assert run("pathway", "check", "whole.toml").returncode == 0


def test_a_pathway_is_shown_as_json_too(run: Run) -> None:
    shown = json.loads(run("pathway", "show", "halton", "--resolved", "--json").stdout)
    assert [level["number"] for level in shown["levels"]] == ["1", "2", "3a", "3b", "4"]
    assert "extends" in json.loads(run("pathway", "show", "halton", "--json").stdout)


def test_of_a_pathway_that_is_not_there_those_that_are_are_named(run: Run) -> None:
    answer = run("pathway", "show", "rutland")
    assert answer.returncode == 1
    assert "herefordshire" in answer.stderr


def test_a_broken_file_is_not_shown(run: Run, tmp_path: Path) -> None:
    (tmp_path / "local.toml").write_text(BROKEN)
    answer = run("pathway", "show", "local.toml", "--resolved")
    assert (answer.returncode, answer.stdout) == (1, "")


def test_every_shipped_file_is_sound(run: Run) -> None:
    files = [str(path) for path in (CHECKOUT / "workflows").glob("*.toml")]
    assert run("pathway", "check", *files).returncode == 0
