"""What was recorded with an event, as people read it in the history, on the chronology and on paper."""

from types import SimpleNamespace

from earlyhelp.pathway.fields import read_fields
from earlyhelp.pathway.loading import load
from earlyhelp.places import workflows
from earlyhelp.web.presenters.cases import recorded_details
from tests.pathway.moments import london

STANDARD = load(workflows() / "standard.toml")
TODAY = london("2026-10-30 10:00").date()
TYPED = {"event": 4, "happened_at": "2026-10-21T12:30:00+01:00", "reason": "Typed wrongly"}


def test_a_moment_is_kept_in_utc_whatever_offset_was_sent() -> None:
    kept, errors = read_fields(STANDARD, STANDARD.actions["correct_event"], TYPED, TODAY)
    assert not errors
    assert kept["happened_at"] == "2026-10-21T11:30:00+00:00"


def test_days_and_moments_of_the_history_are_read_as_london_says_them() -> None:
    kept, _ = read_fields(STANDARD, STANDARD.actions["correct_event"], TYPED, TODAY)
    assert details("correct_event", kept)["When did it truly happen?"] == "Wed 21 October 2026 at 12:30pm"
    before = details("correct_event", TYPED)
    assert before["When did it truly happen?"] == "Wed 21 October 2026 at 12:30pm"
    winter = details("correct_event", {"happened_at": "2026-01-05T00:00:00+00:00"})
    assert winter["When did it truly happen?"] == "Mon 5 January 2026 at midnight"
    shared = details("record_plan_shared", {"how": "email", "given_on": "2026-03-31"})
    assert shared["Date it was given"] == "Tue 31 March 2026"
    assert shared["How was it given?"] == "Email"


def test_what_was_no_day_when_it_was_recorded_stands_as_it_was_written() -> None:
    """A meeting of a case that was moved to a version where the field is a date."""
    assert details("record_plan_shared", {"given_on": "at home"})["Date it was given"] == "at home"


def details(action: str, fields: dict[str, object]) -> dict[str, str]:
    event = SimpleNamespace(kind="other", action=action, fields=fields, reason=None)
    return dict(recorded_details(event, STANDARD, {}))
