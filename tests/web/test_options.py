"""The options of lists to choose from, which a page writes all at once."""

from markupsafe import Markup

from earlyhelp.web.presenters.options import as_options


def test_each_choice_is_an_option_and_the_chosen_one_is_selected() -> None:
    """Whether its value is a number, as teams have, or a word, as the address says it."""
    written = '<option value="0">No team yet</option><option value="7" selected>North</option>'
    assert as_options({0: "No team yet", 7: "North"}, 7) == written
    assert as_options({"0": "No team yet", "7": "North"}, "7") == written


def test_nothing_is_selected_when_nothing_was_chosen() -> None:
    assert "selected" not in as_options({"": "Choose", "a": "One"})
    assert as_options({"": "Choose"}, "") == '<option value="" selected>Choose</option>'


def test_what_people_wrote_is_text_of_its_own_option() -> None:
    """Names and values are escaped one by one, though they are written together."""
    written = as_options({'"><b>': "O’Neill & <Sons>", "last": "Else"}, '"><b>')
    assert written == (
        '<option value="&#34;&gt;&lt;b&gt;" selected>O’Neill &amp; &lt;Sons&gt;</option>'
        '<option value="last">Else</option>'
    )
    assert isinstance(written, Markup)


def test_a_letter_that_cannot_be_shown_is_left_out_and_moves_no_other_option() -> None:
    assert as_options({"a": "One\0Two", "b": "Three"}) == (
        '<option value="a">OneTwo</option><option value="b">Three</option>'
    )


def test_no_choice_is_no_option() -> None:
    assert as_options({}, "any") == ""
