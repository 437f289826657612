"""The definitions: documented, complete, over kinds and never over names; the published rate comes out."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, literal_column, select, update

from earlyhelp.casework.council_numbers import set_numbers
from earlyhelp.casework.merging import merge_people
from earlyhelp.casework.pathways import publish
from earlyhelp.insight.measures import definitions
from earlyhelp.insight.measures.asking import months_to, previous, scene_of, year_before
from earlyhelp.insight.measures.changes import changes_since
from earlyhelp.insight.measures.counting import since_april
from earlyhelp.insight.measures.definitions import LIST, MEASURES
from earlyhelp.insight.measures.document import document
from earlyhelp.insight.measures.figures import Figure, annual_rate, figure, figures
from earlyhelp.insight.measures.judging import status, travel
from earlyhelp.insight.measures.portable import deadline_day, local_day, months_later
from earlyhelp.insight.measures.scene import Span
from earlyhelp.insight.measures.settings import read_numbers
from earlyhelp.insight.measures.splits import broken_down, splits_of
from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.loading import load
from earlyhelp.permissions import SYSTEM
from earlyhelp.places import workflows
from earlyhelp.records.cases import CalendarDay, Event
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import Team
from earlyhelp.records.people import Person
from tests.casework.watched_cases import MONDAY, act, allocated, contact, days, found_council

DOCS = Path(__file__).parents[3] / "docs" / "measures.md"
MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))
AGREED = {
    "contacts_received same_day_screening decided_in_time below_threshold days_to_close_below_threshold "
    "progressed_to_social_care nfa_by_source assessments_started assessments_completed early_help_rate referral_rate "
    "days_to_lead_professional first_contact_in_time assessment_in_time stepped_up stepped_down recontact_12m "
    "re_referral_12m end_measures distance_travelled reviews_in_time recording_lag open_cases unallocated caseload "
    "authorisation_queue signposting_reached referrer_answered partner_led sustained_6m feedback"
}


def test_the_page_of_the_documentation_says_what_the_definitions_say() -> None:
    assert DOCS.read_text() == document(), "write it anew: see insight/measures/document.py"


def test_every_measure_that_councils_agreed_on_is_there() -> None:
    assert set(" ".join(AGREED).split()) <= set(MEASURES)
    assert len(MEASURES) == len(LIST)


def test_no_measure_names_a_state_or_action_of_a_pathway_file() -> None:
    folder = Path(definitions.__file__).parent
    text = "".join(file.read_text() for file in folder.glob("*.py"))
    for name in ("receive_contact", "awaiting_allocation", "record_first_contact", "plan_in_progress"):
        assert name not in text


def test_the_published_rate_of_referrals_comes_out() -> None:
    """4,562 by the end of December, of 63,600 aged 0 to 17."""
    span = since_april(date(2013, 12, 31))
    assert span.first == date(2013, 4, 1)
    assert annual_rate(4562, span=span, population=63_600) == pytest.approx(956.4, abs=0.05)
    assert annual_rate(4562, span=span, population=None) is None


def test_a_year_begins_in_april_and_months_compare_with_months() -> None:
    assert since_april(date(2026, 3, 31)).first == date(2025, 4, 1)
    assert previous(MARCH) == Span(date(2026, 2, 1), date(2026, 2, 28))
    assert year_before(Span(date(2024, 2, 1), date(2024, 2, 29))) == Span(date(2023, 2, 1), date(2023, 2, 28))
    assert previous(Span(date(2026, 3, 9), date(2026, 3, 15))) == Span(date(2026, 3, 2), date(2026, 3, 8))
    assert len(months_to(date(2026, 3, 31))) == 13


def test_near_and_missed_follow_the_councils_own_numbers(connection: Connection) -> None:
    set_numbers(connection, numbers={"target.decided_in_time": "95 %", "population_0_17": "63,600"})
    numbers = read_numbers(connection)
    measure = MEASURES["decided_in_time"]
    judged = [
        status(measure, value, numbers.targets[measure.key], near_percent=5) for value in (96, 91, 90, None)
    ]
    assert judged == ["met", "near", "missed", "not known"]
    assert numbers.population == 63_600
    set_numbers(connection, numbers={"target.decided_in_time": ""})
    assert read_numbers(connection).targets == {}
    with pytest.raises(BadFields):
        set_numbers(connection, numbers={"population_0_17": "many"})


MOMENTS = ("2026-03-28T23:30", "2026-03-29T00:59", "2026-03-29T23:30", "2026-10-24T23:10", "2026-10-25T23:59")


def test_london_days_and_months_are_the_calendars_on_both_databases(connection: Connection) -> None:
    council, calendar = found_council(connection), england()
    for text in MOMENTS:
        at = datetime.fromisoformat(f"{text}+00:00")
        contact(connection, council, at=at)
        row = connection.execute(
            select(local_day(Event.recorded_at), deadline_day(Event.recorded_at)).where(
                Event.recorded_at == at
            )
        ).one()
        assert tuple(row) == (calendar.date_of(at), calendar.date_of(at - timedelta(microseconds=1)))
    for day, months in ((date(2026, 8, 31), 6), (date(2024, 2, 29), -12), (date(2026, 3, 31), -1)):
        later = select(months_later(CalendarDay.on, literal_column(str(months)))).where(CalendarDay.on == day)
        assert connection.scalar(later) == calendar.months_after(day, months)


def test_what_was_recorded_later_is_left_out_and_named(connection: Connection) -> None:
    """A first contact made in time and typed in late was missed as known then, and is met now."""
    council = found_council(connection)
    reference = allocated(connection, council)
    typed = MONDAY + days(9)
    act(
        connection,
        reference,
        "record_first_contact",
        council["lead"],
        {"how": "phone", "child_seen": True, "childs_voice": "Likes school"},
        now=typed,
        occurred_at=MONDAY + days(4),
    )
    measure, now = MEASURES["first_contact_in_time"], MONDAY + days(12)
    then = scene_of(connection, MARCH, now=now, as_known_on=(MONDAY + days(8)).date())
    today = scene_of(connection, MARCH, now=now)
    assert figure(connection, measure, then).value == 0
    assert figure(connection, measure, today).value == 100
    (changed,) = changes_since(connection, measure, then, today, person=SYSTEM).cases
    assert (changed.reference, changed.was, changed.now) == (reference, 0, 1)
    assert [(event.action, event.actor) for event in changed.recorded] == [
        ("record_first_contact", council["lead"].email)
    ]
    hidden = changes_since(connection, measure, then, today, person=council["south_manager"])
    assert (list(hidden.cases), hidden.others) == ([], 1)


def test_a_correction_counts_from_when_it_was_recorded(connection: Connection) -> None:
    council = found_council(connection)
    reference = contact(connection, council, at=MONDAY)
    corrected = {"event": 1, "happened_at": (MONDAY - days(4)).isoformat(), "reason": "It came on Thursday"}
    act(connection, reference, "correct_event", council["screening_manager"], corrected, now=MONDAY + days(3))
    received, now = MEASURES["contacts_received"], MONDAY + days(10)
    february = Span(date(2026, 2, 1), date(2026, 2, 28))
    before = scene_of(connection, MARCH, february, now=now, as_known_on=(MONDAY + days(2)).date())
    after = scene_of(connection, MARCH, february, now=now)
    counts = [
        [f.numerator for f in figures(connection, [received], s)["contacts_received"]]
        for s in (before, after)
    ]
    assert counts == [[1, 0], [0, 1]]


def test_a_pause_brings_no_late_decision_back_in_time(connection: Connection) -> None:
    """Figures are given gross, also where a council's file lets the screening clock be paused."""
    council = found_council(connection)
    reference = contact(connection, council, at=MONDAY)
    needs = {"level_of_need": "targeted", "rationale": "Several needs", "agreement": "given"}
    late = MONDAY + days(3)
    act(connection, reference, "accept_for_early_help", council["screener"], needs, now=late)
    pause = {
        "paused_at": MONDAY.isoformat(),
        "resumed_at": late.isoformat(),
        "reason": "Away",
        "by": "Manager",
    }
    paused = {"pauses": [pause], "due_at": late + days(1)}
    connection.execute(update(ClockRow).where(ClockRow.kind == "screening").values(paused))
    decided = figure(connection, MEASURES["decided_in_time"], scene_of(connection, MARCH, now=late + days(2)))
    assert (decided.numerator, decided.denominator) == (0, 1)


@pytest.mark.parametrize(
    ("received", "pathway", "counts"),
    [
        ("2026-03-13T15:59", "herefordshire", 0),
        ("2026-03-13T16:00", "herefordshire", 1),
        ("2026-03-14T09:00", "herefordshire", 1),
        ("2026-03-13T16:00", "standard", 0),
        ("2026-06-12T14:59", "herefordshire", 0),
        ("2026-06-12T15:00", "herefordshire", 1),
        ("2026-03-28T17:00", "herefordshire", 1),
        ("2026-10-23T15:30", "herefordshire", 1),
    ],
)
def test_what_comes_after_the_cut_off_of_its_pathway_is_the_next_working_days(
    connection: Connection, received: str, pathway: str, counts: int
) -> None:
    """On Fridays the cut-off is at 16:00 in London; each is decided on the Monday after."""
    council = found_council(connection)
    publish(connection, load(workflows() / "herefordshire.toml"), by="tests", now=MONDAY)
    connection.execute(update(Team).where(Team.key == "front_door").values(pathway=pathway))
    at = datetime.fromisoformat(f"{received}+00:00")
    reference = contact(connection, council, at=at)
    monday = at.replace(hour=10) + days(7 - at.weekday())
    needs = {"level_of_need": "targeted", "rationale": "Several needs", "agreement": "given"}
    act(connection, reference, "accept_for_early_help", council["screener"], needs, now=monday)
    scene = scene_of(connection, Span(at.date(), at.date()), now=monday + days(1))
    screened = figure(connection, MEASURES["same_day_screening"], scene)
    assert (screened.numerator, screened.denominator) == (counts, 1)


def test_parts_add_up_to_the_whole(connection: Connection) -> None:
    council = found_council(connection)
    for number in range(3):
        contact(connection, council, at=MONDAY + days(number), surname=f"Rowe{number}")
    scene = scene_of(connection, MARCH, now=MONDAY + days(9))
    measure = MEASURES["contacts_received"]
    for by in set(splits_of(measure)) - {"presenting_need"}:
        assert sum(part.figure.numerator for part in broken_down(connection, measure, scene, by)) == 3
    with pytest.raises(ValueError, match="cannot be broken down"):
        broken_down(connection, measure, scene, "outcome")


def test_which_way_is_better_decides_what_improved_means() -> None:
    fewer, more = (Figure(MEASURES["unallocated"], MARCH, value, value, None) for value in (3.0, 7.0))
    assert (travel(fewer, more), travel(more, fewer)) == ("improved", "deteriorated")
    assert travel(more, more) == "maintained"


def test_a_strategy_discussion_counts_when_all_three_agencies_took_part(connection: Connection) -> None:
    council = found_council(connection)
    publish(connection, load(workflows() / "worcestershire.toml"), by="tests", now=MONDAY)
    connection.execute(update(Team).where(Team.key == "front_door").values(pathway="worcestershire"))
    reference = contact(connection, council)
    asked = {"agencies": ["health", "police", "education"], "what": "What is known?"}
    act(connection, reference, "start_mash_enquiry", council["screener"], asked, now=MONDAY)
    for took_part in (["police", "health", "education"], ["health", "police", "other"], ["police"]):
        held = {"took_part": took_part, "decided": "Ask the school again"}
        act(connection, reference, "record_strategy_discussion", council["screener"], held, now=MONDAY)
    measure = MEASURES["strategy_discussions_complete"]
    found = figure(connection, measure, scene_of(connection, MARCH, now=MONDAY + days(30)))
    assert (found.numerator, found.denominator) == (1, 3)


def test_children_merged_later_were_two_children_then(connection: Connection) -> None:
    council = found_council(connection)
    for number, surname in enumerate(("Rowe", "Roe")):
        contact(connection, council, at=MONDAY + days(number), surname=surname)
    kept, gone = connection.scalars(select(Person.public_id).order_by(Person.id)).all()
    now = MONDAY + days(20)
    merge_people(
        connection,
        kept=kept,
        gone=gone,
        person=council["service_manager"],
        reason="The same girl",
        now=MONDAY + days(9),
    )
    then = scene_of(connection, MARCH, now=now, as_known_on=(MONDAY + days(5)).date())
    merged = scene_of(connection, MARCH, now=now)
    recontacts = MEASURES["recontact_12m"]
    assert [figure(connection, recontacts, scene).numerator for scene in (then, merged)] == [0, 1]
