"""Form files: the shipped one is sound and fits its pathways, and every fault of a broken one has its place."""

from pathlib import Path
from typing import get_args

import pytest

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.faults import PathwayError
from earlyhelp.pathway.loading import folder_library, load as load_pathway
from earlyhelp.places import workflows
from earlyhelp.questionnaires.answers import answers_from, fields_from, is_asked, missing, read_answers
from earlyhelp.questionnaires.comparing import changes
from earlyhelp.questionnaires.definition import Form, Question, QuestionType, Section
from earlyhelp.questionnaires.judging import misfits
from earlyhelp.questionnaires.loading import content_of, digest, read, spoken
from earlyhelp.questionnaires.merging import both, merge
from tests.casework.drafted import ANSWERS, FIELDS, shipped_form
from tests.casework.watched_cases import MONDAY

LIBRARY = folder_library(workflows())
HEAD = 'format = 1\nname = "small"\ntitle = "Small"\nversion = "1"\n'
SECTION = '[[sections]]\nname = "one"\ntitle = "One"\nquestions = [\n'
TODAY = MONDAY.date()


@pytest.fixture(scope="module")
def form() -> Form:
    return shipped_form()


@pytest.fixture(scope="module")
def standard() -> Pathway:
    return load_pathway(workflows() / "standard.toml")


def faults(*questions: str) -> list[str]:
    text = HEAD + SECTION + "".join(f"  {{ {question} }},\n" for question in questions) + "]\n"
    with pytest.raises(PathwayError) as broken:
        read(text, file="small.toml", library=LIBRARY)
    return [f"{fault.line} {fault.key}: {fault.problem}. {fault.mend}" for fault in broken.value.faults]


ASKED = 'name = "a", title = "A", type = "choices", codes = "headline_outcome"'
BROKEN = {
    "unknown type": (
        ['name = "a", title = "A", type = "scor"'],
        "9 sections.one.questions.a.type: 'scor' is not",
    ),
    "unknown key": (
        ['name = "a", title = "A", type = "text", colour = "red"'],
        "9 sections.one.questions.a.colour: there is no key 'colour' here",
    ),
    "unknown list": (
        ['name = "a", title = "A", type = "choice", codes = "headline_outcom"'],
        "there is no code list 'headline_outcom'. Write it under [codes]",
    ),
    "choice of nothing": (['name = "a", title = "A", type = "choice"'], "has no code list to choose from"),
    "text of codes": (
        ['name = "a", title = "A", type = "text", codes = "headline_outcome"'],
        "has nothing to choose from",
    ),
    "score without ends": (
        ['name = "a", title = "A", type = "score", min = 1'],
        "its least and greatest value",
    ),
    "text with an end": (['name = "a", title = "A", type = "text", max = 9'], "has no max"),
    "same name twice": (
        ['name = "a", title = "A", type = "text"', 'name = "a", title = "B", type = "text"'],
        "two questions are called 'a'",
    ),
    "condition on a later question": (
        ['name = "b", title = "B", type = "text", ask = { when = "a", is = ["housing"] }', ASKED],
        "'a' is not an earlier question",
    ),
    "condition that never holds": (
        [ASKED, 'name = "b", title = "B", type = "text", ask = { when = "a", is = ["hosing"] }'],
        "'hosing' is no answer to 'a'. Did you mean 'housing'?",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_form_is_told_with_the_place_and_how_to_mend_it(name: str) -> None:
    questions, words = BROKEN[name]
    found = faults(*questions)
    assert any(words in fault for fault in found), found
    assert all(not fault.startswith("0 ") for fault in found), found


@pytest.mark.parametrize("path", sorted(workflows().glob("*.toml")), ids=lambda path: path.stem)
def test_the_shipped_form_fits_every_shipped_pathway(form: Form, path: Path) -> None:
    pathway = load_pathway(path)
    for action in pathway.actions.values():
        if action.form is not None:
            assert action.form == form.name
            assert list(misfits(form, pathway, action)) == []


def test_a_form_that_does_not_fit_its_action_is_told(standard: Pathway) -> None:
    text = HEAD + SECTION + '  { name = "a", title = "A", type = "text", fills = "neds" },\n'
    text += '  { name = "b", title = "B", type = "text", fills = "needs", required = true },\n]\n'
    small = read(text, file="small.toml", library=LIBRARY)
    problems = [problem for _, problem, _ in misfits(small, standard, standard.actions["submit_assessment"])]
    assert "submit_assessment of pathway standard has no field 'neds'" in problems
    assert "a text cannot fill 'needs', which is a choices" in problems
    assert "submit_assessment needs 'proposed_plan', and no required question fills it" in problems


def test_a_form_is_kept_and_read_back_in_a_councils_own_words(form: Form, standard: Pathway) -> None:
    said = spoken(content_of(form), standard)
    elsewhere = said.question("lives_elsewhere")
    assert elsewhere is not None
    assert "children's social care" in elsewhere.hint
    assert digest(Form.model_validate(content_of(form))) == digest(form)


def test_ten_needs_can_be_told(form: Form) -> None:
    needs = form.question("needs")
    assert needs is not None
    assert len(form.codes["headline_outcome"]) == 10
    for code in form.codes["headline_outcome"]:
        asked = [q for q in form.questions() if q.ask and q.ask.when == "needs" and code in q.ask.values]
        assert len(asked) == 1, code


def everything() -> dict[str, object]:
    return {name: value for answers in ANSWERS.values() for name, value in answers.items()}


def test_whole_answers_give_the_action_its_fields(form: Form, standard: Pathway) -> None:
    answers, errors = read_answers(form, form.questions(), everything(), TODAY)
    assert errors == {}
    assert not any(missing(form, section, answers) for section in form.sections)
    fields = fields_from(form, standard.actions["submit_assessment"], answers)
    assert fields["childs_development"].startswith("Health\nSleeps badly\n\nEducation")
    assert (fields["needs"], fields["score_parenting_capacity"]) == (["education"], 5)


def test_fields_given_without_the_form_become_answers(form: Form, standard: Pathway) -> None:
    action = standard.actions["submit_assessment"]
    answers = answers_from(form, FIELDS, {"health": "Old", "self_care": "Older"}, action)
    assert answers["health"] == "Sleeps badly"
    assert "self_care" not in answers
    assert answers_from(form, fields_from(form, action, everything()), everything(), action) == everything()


def test_a_question_is_asked_only_while_its_condition_holds(form: Form) -> None:
    question = form.question("interpreter_needs")
    assert question is not None
    assert is_asked(form, question, {"interpreter": True})
    assert not is_asked(form, question, {"interpreter": False})
    assert not is_asked(form, question, {})


def test_what_one_of_two_changed_is_kept_and_what_both_changed_is_asked() -> None:
    found = merge(
        ["a", "b", "c", "d"],
        base={"a": "1", "b": "1", "c": "1", "d": "1"},
        theirs={"a": "2", "b": "1", "c": "2", "d": "2"},
        mine={"a": "1", "c": "3", "d": "2"},
    )
    assert (found.agreed, found.conflicts) == ({"a": "2", "d": "2"}, ("c",))


def test_both_answers_can_stand_together() -> None:
    assert both("Reads to her", "Plays") == "Reads to her\n\nPlays"
    assert both(["a", "b"], ["b", "c"]) == ["a", "b", "c"]
    assert both(4, 5) == 5
    assert both(True, None) is True


def test_changes_are_told_word_by_word() -> None:
    pieces = changes("Wants to see friends", "Wants to see two friends, soon")
    assert [tuple(piece) for piece in pieces] == [
        ("kept", "Wants to see "),
        ("added", "two "),
        ("kept", "friends"),
        ("added", ", soon"),
    ]
    assert "".join(piece.words for piece in changes("a b", "c") if piece.kind != "added") == "a b"


def test_very_long_texts_are_compared_by_lines() -> None:
    before = "\n".join(f"line {n} of many" for n in range(3000))
    assert [piece.kind for piece in changes(before, before + "\nlast")][-1] == "added"


PAGE = (Path(__file__).parents[2] / "docs" / "form-format.md").read_text()


def test_the_page_that_teaches_forms_teaches_what_is_true() -> None:
    example = PAGE.partition("```toml\n")[2].partition("```")[0]
    small = read(example, file="our_assessment.toml", library=LIBRARY)
    assert [question.name for question in small.questions()] == ["rooms", "home", "which", "score"]


@pytest.mark.parametrize("part", [Form, Section, Question])
def test_every_key_of_a_form_is_on_the_page(part: type[Form | Section | Question]) -> None:
    keys = [setting.alias or name for name, setting in part.model_fields.items()]
    assert [key for key in keys if f"`{key}`" not in PAGE and f"{key} =" not in PAGE] == []


@pytest.mark.parametrize("kind", get_args(QuestionType))
def test_every_type_of_question_is_on_the_page(kind: str) -> None:
    assert f"`{kind}`" in PAGE
