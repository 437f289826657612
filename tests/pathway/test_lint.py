"""What a pathway file may get wrong, each with a broken file that shows it: `broken/` holds one per fault."""

import random
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.faults import Fault, PathwayError
from earlyhelp.pathway.lint import check, check_text, lint, sound
from earlyhelp.pathway.lint.travel import travel
from earlyhelp.pathway.loading import folder_library, load
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.places import workflows
from tests.pathway.moments import london
from tests.pathway.walks import Walk

BROKEN = Path(__file__).parent / "broken"
FILES = sorted(path for path in BROKEN.glob("*.toml") if path.stem != "whole")
FIRST_LINE = re.compile(r"# (faults?): (.+) \| (.+)")
EDITS = 500
GOOD_FILES = ((workflows(), "standard.toml"), (BROKEN, "whole.toml"))
"""The second has every part of the format too, and is judged in a quarter of the time: most edits are of it."""


def test_the_file_that_the_broken_ones_extend_is_sound() -> None:
    assert check(BROKEN / "whole.toml") == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broken_file_is_refused_where_it_is_broken(path: Path) -> None:
    """Its first line says which fault, and where: `HERE` marks the line. `faults` has others in its train."""
    lines = path.read_text().splitlines()
    first = FIRST_LINE.fullmatch(lines[0])
    assert first is not None
    found = check(path)
    named = [fault for fault in found if (fault.key or "(whole file)") == first[2]]
    marked = [number for number, line in enumerate(lines, start=1) if "HERE" in line]
    assert [fault for fault in named if first[3] in str(fault)], [str(fault) for fault in found]
    assert first[1] == "faults" or len(found) == 1, [str(fault) for fault in found]
    if marked:
        assert (str(path), marked[0]) in {(fault.file, fault.line) for fault in named}
    assert all(fault.mend for fault in found)


def test_one_run_shows_faults_of_form_and_of_sense_together() -> None:
    faults = check_text(
        'extends = "whole"\nname = "two"\ntitle = "Two faults"\nversion = "1"\n'
        "[clocks.review]\npauseable = true\n"
        '[clocks.decision]\nwarn = ["80%", "50%"]\n',
        file="two.toml",
        library=folder_library(BROKEN),
    )
    assert [(fault.line, fault.key) for fault in faults] == [
        (6, "clocks.review.pauseable"),
        (8, "clocks.decision.warn"),
    ]


def test_a_fault_of_the_file_below_is_told_with_that_file() -> None:
    faults = check_text(
        'extends = "way_out_of_the_end"\nname = "above"\ntitle = "Above"\nversion = "1"\n',
        file="above.toml",
        library=folder_library(BROKEN),
    )
    assert [(fault.file, fault.line) for fault in faults] == [("way_out_of_the_end.toml", 7)]


def test_the_standard_pathway_is_sound() -> None:
    assert check(workflows() / "standard.toml") == []


def test_every_shipped_pathway_is_sound() -> None:
    faults = [fault for path in sorted(workflows().glob("*.toml")) for fault in check(path)]
    assert [str(fault) for fault in faults] == []


class TestVersions:
    """A changed pathway needs a new version: a case must be able to say which rules it ran on."""

    def test_the_same_content_may_be_checked_again(self) -> None:
        assert check(BROKEN / "whole.toml", [load(BROKEN / "whole.toml")]) == []

    def test_changed_content_needs_a_higher_version(self) -> None:
        assert "still version 1" in str(self.faults("1"))

    def test_a_lower_version_is_refused(self) -> None:
        assert "lower than 1" in str(self.faults("0.9"))

    def test_nine_comes_before_ten(self) -> None:
        assert self.faults("10", earlier="9") == []

    def test_an_older_dated_version_may_be_published_after_a_newer_one(self) -> None:
        older = 'effective_from = 2012-04-01\ntitle = "Before"'
        assert self.faults("0.9", older, earlier_from=date(2013, 4, 1)) == []

    def test_another_pathway_may_have_any_version(self) -> None:
        other = load(BROKEN / "whole.toml").model_copy(update={"name": "other"})
        assert self.of(self.text("1"), [other]) == []

    def faults(
        self,
        version: str,
        title: str = 'title = "Changed"',
        earlier: str = "1",
        earlier_from: date | None = None,
    ) -> list[Fault]:
        published = load(BROKEN / "whole.toml")
        published = published.model_copy(update={"version": earlier, "effective_from": earlier_from})
        return self.of(self.text(version, title), [published])

    def text(self, version: str, title: str = 'title = "Changed"') -> str:
        return f'extends = "whole"\nname = "whole"\nversion = "{version}"\n{title}\n'

    def of(self, text: str, published: list) -> list[Fault]:  # type: ignore[type-arg]
        return check_text(text, published, file="changed.toml", library=folder_library(BROKEN))


@pytest.mark.slow
def test_any_edit_is_sound_or_refused_with_a_place_and_never_leaves_a_case_stuck() -> None:
    """Random single edits of good files: what passes must compile, and a case on it must come to an end."""
    standard, small = ((folder / name).read_text() for folder, name in GOOD_FILES)
    chance = random.Random(1)
    accepted = 0
    for number in range(EDITS):
        changed = chance.choice(WAYS_TO_EDIT)(standard if number % 5 == 0 else small, chance)
        faults = check_text(changed, file="edited.toml", library=folder_library(workflows()))
        for fault in faults:
            assert all([fault.file, fault.problem, fault.mend]), fault
            assert fault.line or fault.key, fault
        if not faults and accepted % 5 == 0:
            come_to_an_end(changed, chance)
        accepted += not faults
    assert 0.1 < accepted / EDITS < 0.9


def come_to_an_end(text: str, chance: random.Random) -> None:
    pathway = sound(text, file="edited.toml", library=folder_library(workflows()))
    walk = Walk(compile_pathway(pathway, england()), begun_at=london("2026-03-10 10:00"), chance=chance)
    for _ in range(400):
        walk.wander(1)
        if walk.is_closed:
            return
        assert walk.possible(), walk.path
    raise AssertionError(f"never closed: {walk.path}")


def without_a_line(text: str, chance: random.Random) -> str:
    lines = text.splitlines()
    del lines[chance.randrange(len(lines))]
    return "\n".join(lines)


def with_a_line_twice(text: str, chance: random.Random) -> str:
    lines = text.splitlines()
    place = chance.randrange(len(lines))
    return "\n".join([*lines[:place], lines[place], *lines[place:]])


def with_a_word_for_another(text: str, chance: random.Random) -> str:
    words = list(re.finditer(r'"[^"\n]*"', text))
    one, other = chance.choice(words), chance.choice(words)
    return text[: one.start()] + other[0] + text[one.end() :]


def without_a_word(text: str, chance: random.Random) -> str:
    word = chance.choice(list(re.finditer(r'"[^"\n]*"(, )?', text)))
    return text[: word.start()] + text[word.end() :]


def with_another_number(text: str, chance: random.Random) -> str:
    number = chance.choice(list(re.finditer(r"\b\d+\b", text)))
    return text[: number.start()] + str(chance.choice([0, 1, 7, 99, 10**6])) + text[number.end() :]


def with_another_character(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text))
    return text[:place] + chance.choice('x9_"[]{}=.,\n# é\0') + text[place + 1 :]


def without_a_table(text: str, chance: random.Random) -> str:
    tables = re.split(r"(?m)^(?=\[)", text)
    del tables[chance.randrange(len(tables))]
    return "".join(tables)


def cut_short(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text))]


WAYS_TO_EDIT: list[Callable[[str, random.Random], str]] = [
    without_a_line,
    with_a_line_twice,
    with_a_word_for_another,
    without_a_word,
    with_another_number,
    with_another_character,
    without_a_table,
    cut_short,
]


def test_lint_without_places_still_names_the_key() -> None:
    pathway = load(BROKEN / "dead_end.toml")
    assert [fault.key for fault in lint(pathway, file="dead_end")] == ["states.lost"]


def test_what_nobody_can_take_leads_nowhere() -> None:
    pathway = load(BROKEN / "guard_against_the_only_way_in.toml")
    assert ("helping", "finish") not in travel(pathway).taken


def test_a_file_that_cannot_be_read_is_a_fault_like_any_other(tmp_path: Path) -> None:
    assert [fault.file for fault in check(tmp_path / "absent.toml")] == [str(tmp_path / "absent.toml")]


def test_what_is_not_sound_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(PathwayError, match="has no way out"):
        sound((BROKEN / "dead_end.toml").read_text(), file="dead_end", library=folder_library(BROKEN))


def test_answers_that_always_send_it_elsewhere_leave_its_own_destination_out() -> None:
    """Where every answer takes another way, nobody comes to `to`."""
    text = (
        'extends = "whole"\nname = "ways"\ntitle = "Ways"\nversion = "1"\n[actions.finish]\nto = "screening"\n'
        'ways = [{ when = "end_measure", is = ["achieved", "moved_away"], to = "closed" }]\n'
    )
    pathway = sound(text, file="ways.toml", library=folder_library(BROKEN))
    assert {edge.to for edge in travel(pathway).edges if edge.action == "finish"} == {"closed"}


def test_a_field_that_only_one_answer_asks_for_is_known_only_on_that_way() -> None:
    pathway = load(workflows() / "standard.toml")
    withdrawn = [edge for edge in travel(pathway).edges if edge.action == "withdraw_agreement"]
    assert all(None not in edge.known["urgency"] for edge in withdrawn if edge.to == "step_up_requested")
