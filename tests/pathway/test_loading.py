"""Reading pathway files: one file over another, code lists, what the database keeps, and lines of faults."""

import json
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.faults import PathwayError
from earlyhelp.pathway.lines import lines_of
from earlyhelp.pathway.loading import (
    content_of,
    digest,
    folder_library,
    load,
    load_content,
    read,
    resolved_content,
)
from earlyhelp.pathway.terms import in_own_words
from earlyhelp.pathway.writing import as_toml
from earlyhelp.places import workflows

BROKEN = Path(__file__).parent / "broken"
HEAD = 'extends = "whole"\nname = "local"\ntitle = "A local pathway"\nversion = "1"\n'


def over_whole(text: str) -> Pathway:
    return read(HEAD + text, file="local.toml", library=folder_library(BROKEN, workflows()))


class TestOneFileOverAnother:
    """A file that extends another says only what differs."""

    def test_it_has_its_own_name_and_all_the_rest_from_below(self) -> None:
        local = over_whole("")
        assert (local.name, set(local.states)) == ("local", {"screening", "helping", "stepping_up", "closed"})

    def test_a_key_of_a_table_replaces_the_one_below_alone(self) -> None:
        helping = over_whole('[states.helping]\ntitle = "Working with"').states["helping"]
        assert (helping.title, helping.kind) == ("Working with", "plan")

    def test_a_field_of_the_same_name_changes_and_another_is_added(self) -> None:
        local = over_whole(
            "[actions.accept]\nfields = [\n"
            '{ name = "lead_professional", title = "Lead practitioner" },\n'
            '{ name = "note", title = "Note", type = "text" },\n]'
        )
        fields = [(field.name, field.title, field.type) for field in local.actions["accept"].fields]
        assert fields == [
            ("level_of_need", "Level of need", "choice"),
            ("lead_professional", "Lead practitioner", "person"),
            ("note", "Note", "text"),
        ]

    def test_a_guard_of_the_same_name_takes_new_parameters(self) -> None:
        local = over_whole('[actions.reopen]\nguards = [{ name = "closed_within", months = 6 }]')
        assert [guard.parameters for guard in local.actions["reopen"].guards] == [{"months": 6}]

    def test_a_list_of_names_replaces_the_one_below(self) -> None:
        assert over_whole('[actions.accept]\nroles = ["screener"]').actions["accept"].roles == ["screener"]

    def test_a_span_replaces_the_one_below_whole(self) -> None:
        assert str(over_whole("[clocks.review]\ndue = { months = 3 }").clocks["review"].due) == "3 months"

    def test_one_of_several_spans_replaces_only_its_own(self) -> None:
        dues = over_whole("[clocks.step_up]\ndues = { red = { hours = 2 } }").clocks["step_up"].dues
        assert {code: str(span) for code, span in dues.items()} == {
            "red": "2 hours",
            "green": "3 working days",
        }

    def test_what_is_removed_is_gone(self) -> None:
        local = over_whole('remove = ["clocks.review", "actions.finish.fields.explanation"]')
        assert "review" not in local.clocks
        assert [field.name for field in local.actions["finish"].fields] == ["end_measure"]

    def test_files_may_stand_three_high(self) -> None:
        text = 'extends = "dead_end"\nname = "third"\ntitle = "Third"\nversion = "1"\n'
        third = read(text, file="third.toml", library=folder_library(BROKEN))
        assert {"lost", "helping"} <= set(third.states)

    def test_the_file_below_is_as_it_was(self) -> None:
        before = load(BROKEN / "whole.toml")
        over_whole("[clocks.review]\ndue = { months = 3 }")
        assert load(BROKEN / "whole.toml") == before


class TestCodeLists:
    """What people choose from: the file's own, the nation's, and those made from the file."""

    def test_a_national_list_is_there_by_its_name(self) -> None:
        source = load(workflows() / "standard.toml").codes["source"]
        assert source["6"].label == "Police"
        assert len(source) == 22

    def test_the_files_own_list_goes_over_the_national_one(self) -> None:
        assert set(over_whole("").codes["source"]) == {"school", "family"}

    def test_levels_make_their_codes(self) -> None:
        assert {code: entry.label for code, entry in over_whole("").codes["level_of_need"].items()} == {
            "additional": "Level 2: Additional",
            "specialist": "Level 4: Specialist",
        }

    def test_a_split_level_is_stored_by_a_code_of_its_own(self) -> None:
        levels = "".join(
            f'[[levels]]\nkey = "additional"\ncode = "additional_{part}"\nnumber = "3{part}"\nname = "{part}"\n'
            for part in "ab"
        )
        assert set(over_whole(levels).codes["level_of_need"]) == {"additional_a", "additional_b"}

    def test_the_clocks_that_may_be_paused_can_be_chosen(self) -> None:
        assert set(load(workflows() / "standard.toml").codes["pausable_clocks"]) == {
            "first_contact",
            "assessment",
            "review",
        }

    def test_a_list_that_nothing_uses_is_left_out(self) -> None:
        assert "ethnicity" not in load(workflows() / "standard.toml").codes

    def test_a_code_may_say_from_when_it_is_valid(self) -> None:
        assert load(workflows() / "standard.toml").codes["source"]["5D"].valid_from is not None


class TestWhatTheDatabaseKeeps:
    """A case keeps the version it started on, for years."""

    def test_it_is_json_and_reads_back_equal(self) -> None:
        pathway = load(workflows() / "standard.toml")
        assert load_content(json.loads(json.dumps(content_of(pathway)))) == pathway

    def test_the_digest_is_of_the_content_and_of_nothing_else(self) -> None:
        pathway = load(workflows() / "standard.toml")
        assert digest(load_content(content_of(pathway))) == digest(pathway)
        changed = pathway.model_copy(update={"title": "Another"})
        assert digest(changed) != digest(pathway)

    def test_a_version_published_when_an_action_could_tell_a_holder_goes_on_running(self) -> None:
        content = content_of(load(workflows() / "standard.toml"))
        actions = ("step_down", "record_first_contact")
        for action, told in zip(actions, (["holder", "manager"], ["holder"]), strict=True):
            content["actions"][action]["tells"] = told
        pathway = load_content(content)
        assert [pathway.actions[action].tells for action in actions] == [["manager"], []]


class TestFilesThatCannotBeRead:
    """One clear fault each, never a traceback."""

    def test_no_such_file(self, tmp_path: Path) -> None:
        assert "cannot be read" in self.fault(tmp_path / "absent.toml")

    def test_a_folder(self, tmp_path: Path) -> None:
        assert "cannot be read" in self.fault(tmp_path)

    def test_not_text(self, tmp_path: Path) -> None:
        path = tmp_path / "binary.toml"
        path.write_bytes(b"\xff\xfe\x00")
        assert "not UTF-8" in self.fault(path)

    def test_far_too_large(self, tmp_path: Path) -> None:
        path = tmp_path / "large.toml"
        path.write_bytes(b"#" * 2_000_001)
        assert "too large" in self.fault(path)

    def test_nested_beyond_reason(self, tmp_path: Path) -> None:
        path = tmp_path / "deep.toml"
        path.write_text("x = " + "[" * 5000 + "]" * 5000)
        assert "not valid TOML" in self.fault(path)

    def fault(self, path: Path) -> str:
        with pytest.raises(PathwayError) as refused:
            load(path)
        (fault,) = refused.value.faults
        assert fault.file == str(path)
        return str(fault)


class TestLines:
    """tomllib keeps no lines; ours must be those that a person sees."""

    def test_every_part_of_the_standard_file_has_its_line(self) -> None:
        text = (workflows() / "standard.toml").read_text()
        assert set(paths_of(tomllib.loads(text))) - set(lines_of(text)) == set()

    def test_strings_over_several_lines_and_quoted_keys_do_not_mislead(self) -> None:
        text = (
            'a = """\n[not.a.table]\nb = 1 \\"""\n"""\n"x.y" = 1\n[t]\nc = [\n  [1], # ]\n  { d = "}" },\n]\n'
        )
        lines = lines_of(text)
        assert [lines[path] for path in [("a",), ("x.y",), ("t",), ("t", "c", "1", "d")]] == [1, 5, 6, 9]
        assert ("not",) not in lines

    def test_a_literal_string_over_lines_is_passed_over(self) -> None:
        assert lines_of("a = '''\n[x]\n''''\nb = 2\n")[("b",)] == 4

    @given(st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=8))
    def test_any_value_is_passed_over_whole(self, value: Any) -> None:
        text = f"first = {json.dumps(value).replace(chr(127), '')}\nlast = 1\n"
        assert lines_of(text)[("last",)] == 2


def paths_of(content: Any, here: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    items = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else []
    )
    return [path for key, value in items for path in [(*here, str(key)), *paths_of(value, (*here, str(key)))]]


def test_a_pathway_needs_no_national_lists() -> None:
    text = (BROKEN / "whole.toml").read_text()

    def nothing(name: str) -> str:
        raise KeyError(name)

    assert read(text, file="whole.toml", library=nothing) == load(BROKEN / "whole.toml")


class TestTerms:
    WORDS = 'name = "x"\ntitle = "X"\nversion = "1"\n[terms]\nlead_professional = "lead practitioner"\n'

    def test_titles_say_the_councils_own_words(self) -> None:
        actions = read(
            f'extends = "standard"\n{self.WORDS}', file="x.toml", library=folder_library(workflows())
        ).actions
        chosen = actions["allocate_lead_professional"].field("lead_professional")
        assert actions["allocate_lead_professional"].title == "Allocate a lead practitioner"
        assert chosen is not None
        assert chosen.title == "Lead practitioner"

    def test_braces_around_what_is_no_term_stay(self) -> None:
        content = {"terms": {"meeting": "{meeting}"}, "title": "{nothing} {Meeting} {meeting}"}
        assert in_own_words(content) == {
            "terms": {"meeting": "{meeting}"},
            "title": "{nothing} {Meeting} {meeting}",
        }


@pytest.mark.parametrize("path", sorted(workflows().glob("*.toml")), ids=lambda path: path.stem)
def test_a_resolved_pathway_written_out_is_the_same_pathway(path: Path) -> None:
    library = folder_library(workflows())
    whole = as_toml(resolved_content(path.read_text(), file=str(path), library=library))
    assert "extends" not in tomllib.loads(whole)
    assert digest(read(whole, file="whole.toml", library=library)) == digest(load(path))


def test_odd_keys_and_texts_are_written_so_that_they_read_back() -> None:
    content = {
        "title": 'A "quoted" \\ line\nand\x7fanother',
        "empty": {},
        "dates": [date(2026, 4, 1), time(16)],
        "codes": {"a": {"5D 1": {"label": "x", "valid": True}}, "b": {"n": [1, 2]}},
        "levels": [{"fields": [{"name": "x", "only": []}]}, {"fields": []}],
    }
    assert tomllib.loads(as_toml(content)) == content
