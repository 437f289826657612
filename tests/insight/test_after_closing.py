"""After closing: contact again, step up, and the test of six months."""

from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from earlyhelp.casework.perform import engine_for
from earlyhelp.casework.reading import case_for
from earlyhelp.insight.after_closing import Watch, after_closing
from earlyhelp.insight.chronology import Place, Wanted, child_of, chronology
from earlyhelp.insight.progress import distance_travelled
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.people import Person as PersonRow
from tests.casework.watched_cases import MONDAY, Council, act, contact, days, found_council
from tests.web.desk import family_with_a_plan, planned, scores

CLOSED = MONDAY + days(60)


@pytest.fixture
def council(connection: Connection) -> Council:
    return found_council(connection)


def closed(connection: Connection, council: Council, end_measure: str = "outcomes_achieved") -> str:
    reference = planned(connection, council)
    ending = {
        "end_measure": end_measure,
        "family_feedback": "We manage now",
        "achieved": "A dry flat",
        **scores(8, 8, 8),
    }
    act(connection, reference, "close_case", council["lead"], ending, now=CLOSED)
    return reference


def again(connection: Connection, council: Council, after: int) -> str:
    """The same child comes back so many days after closing."""
    reference = contact(connection, council, at=CLOSED + days(after))
    child = connection.scalar(select(PersonRow.id).order_by(PersonRow.id))
    case_id = connection.scalar(select(Case.id).where(Case.reference == reference))
    connection.execute(update(CasePerson).where(CasePerson.case_id == case_id).values(person_id=child))
    return reference


def watch(connection: Connection, reference: str, person: Person, after: int) -> Watch:
    case = case_for(connection, reference=reference, person=person)
    calendar = engine_for(connection, case).calendar
    now = CLOSED + days(after)
    found = after_closing(connection, case=case, person=person, calendar=calendar, now=now)
    assert found is not None
    return found


def test_an_open_case_is_not_watched(connection: Connection, council: Council) -> None:
    case = case_for(connection, reference=planned(connection, council), person=council["manager"])
    calendar = engine_for(connection, case).calendar
    person = council["manager"]
    assert after_closing(connection, case=case, person=person, calendar=calendar, now=CLOSED) is None


@pytest.mark.parametrize(
    ("came_back_after", "looked_at_after", "standing"),
    [
        (None, 100, "too_early"),
        (None, 200, "sustained"),
        (100, 150, "not_sustained"),
        (190, 200, "sustained"),
    ],
)
def test_a_good_outcome_lasts_when_nobody_hears_of_the_family_for_six_months(
    connection: Connection,
    council: Council,
    came_back_after: int | None,
    looked_at_after: int,
    standing: str,
) -> None:
    reference = closed(connection, council)
    if came_back_after is not None:
        again(connection, council, came_back_after)
    seen = watch(connection, reference, council["service_manager"], looked_at_after)
    assert seen.standing == standing
    assert len(seen.recontacts) == (came_back_after is not None)


def test_a_family_that_left_has_no_outcome_to_sustain(connection: Connection, council: Council) -> None:
    reference = closed(connection, council, "moved_away")
    assert watch(connection, reference, council["manager"], 300).standing == "no_good_outcome"


def test_a_step_up_within_the_year_is_shown_and_a_contact_after_it_is_not(
    connection: Connection, council: Council
) -> None:
    reference = closed(connection, council)
    back = again(connection, council, 30)
    again(connection, council, 400)
    worry = {
        "level_of_need": "specialist",
        "rationale": "Bruises",
        "urgency": "red",
        "agreement": "given",
    }
    act(connection, back, "refer_to_social_care", council["screener"], worry, now=CLOSED + days(31))
    seen = watch(connection, reference, council["service_manager"], 500)
    assert [row.reference for row in seen.recontacts] == [back]
    assert [row.reference for row in seen.step_ups] == [back]


def test_what_the_reader_may_not_see_is_counted_and_what_is_restricted_is_not(
    connection: Connection, council: Council
) -> None:
    reference = closed(connection, council)
    back = again(connection, council, 30)
    seen = watch(connection, reference, council["lead"], 200)
    assert (seen.recontacts, seen.hidden, seen.standing) == ([], 1, "not_sustained")
    connection.execute(update(Case).where(Case.reference == back).values(restricted=True))
    assert watch(connection, reference, council["lead"], 200).hidden == 0


def test_distance_is_from_the_first_assessment_over_reviews_to_closing(
    connection: Connection, council: Council
) -> None:
    desk = family_with_a_plan(connection, council)
    ending: dict[str, Any] = {
        "end_measure": "outcomes_achieved",
        "family_feedback": "Good",
        "achieved": "Much",
        **scores(9, 3, 4),
    }
    act(connection, desk.reference, "close_case", council["lead"], ending, now=CLOSED)
    case = case_for(connection, reference=desk.reference, person=council["lead"])
    pathway = engine_for(connection, case).pathway
    domains = distance_travelled(connection, case_id=case.id, pathway=pathway)
    assert [(one.title, [score for _, score in one.scores], one.change) for one in domains] == [
        ("Child's development", [3, 6, 9], 6),
        ("Parenting capacity", [4, 4, 3], -1),
        ("Family and environment", [5, 4, 4], -1),
    ]
    assert [point.what for point, _ in domains[0].scores] == ["Start", "Review", "Closing"]


def a_child(connection: Connection) -> int:
    found = connection.scalar(select(PersonRow.id).order_by(PersonRow.id))
    assert found is not None
    return found


def test_a_chronology_runs_across_the_cases_of_a_child_in_pages(
    connection: Connection, council: Council
) -> None:
    family_with_a_plan(connection, council)
    back = again(connection, council, 30)
    ask = {"person_id": a_child(connection), "person": council["service_manager"], "wanted": Wanted()}
    whole = chronology(connection, **ask)
    assert [entry.on for entry in whole] == sorted((entry.on for entry in whole), reverse=True)
    assert whole[0].told.reference == back
    paged, after = [], None
    while page := chronology(connection, **ask, after=after, limit=3):
        paged += page[:3]
        last = page[:3][-1]
        after = Place(last.on, last.source, last.id)
    assert [(entry.source, entry.id) for entry in paged] == [(entry.source, entry.id) for entry in whole]


def test_a_chronology_holds_only_cases_its_reader_may_see(connection: Connection, council: Council) -> None:
    desk = family_with_a_plan(connection, council)
    back = again(connection, council, 30)
    public_id = desk.public_id
    seen = chronology(connection, person_id=a_child(connection), person=council["lead"], wanted=Wanted())
    assert {entry.told.reference for entry in seen} == {desk.reference}
    assert child_of(connection, public_id=public_id, person=council["lead"]) is not None
    assert child_of(connection, public_id=public_id, person=council["other_lead"]) is None
    connection.execute(update(Case).where(Case.reference == back).values(restricted=True))
    seen = chronology(connection, person_id=a_child(connection), person=council["screener"], wanted=Wanted())
    assert back not in {entry.told.reference for entry in seen}


def test_a_restricted_child_has_no_chronology_for_who_sees_only_their_other_case(
    connection: Connection, council: Council
) -> None:
    """Being asked for by another case of theirs would say that there is such a person, and by what name."""
    desk = family_with_a_plan(connection, council)
    back = again(connection, council, 30)
    readers = {name: council[name] for name in ("screener", "lead", "manager", "service_manager")}
    found = {name: child_of(connection, public_id=desk.public_id, person=readers[name]) for name in readers}
    assert None not in found.values()
    connection.execute(update(Case).where(Case.reference == back).values(restricted=True))
    for person in readers.values():
        assert child_of(connection, public_id=desk.public_id, person=person) is None
    named = select(Case.id).where(Case.reference == back).scalar_subquery()
    connection.execute(update(Case).where(Case.id == named).values(lead_professional_id=council["lead"].id))
    assert child_of(connection, public_id=desk.public_id, person=council["lead"]) is not None


def test_a_chronology_is_filtered_by_what_when_and_significance(
    connection: Connection, council: Council
) -> None:
    family_with_a_plan(connection, council)
    ask = {"person_id": a_child(connection), "person": council["lead"]}
    notes = chronology(connection, **ask, wanted=Wanted(kind="notes"))
    assert {entry.source for entry in notes} == {"note"}
    significant = chronology(connection, **ask, wanted=Wanted(significant=True))
    assert [entry.significant for entry in significant] == ["First time that she spoke of home"]
    day = MONDAY.date()
    first = chronology(connection, **ask, wanted=Wanted(kind="contacts", since=day, until=day))
    assert [entry.told.action for entry in first] == ["receive_contact"]
    assert chronology(connection, **ask, wanted=Wanted(until=day - days(1))) == []


def test_an_event_stands_on_the_day_to_which_it_was_corrected(
    connection: Connection, council: Council
) -> None:
    reference = planned(connection, council)
    sequence = connection.scalar(select(Event.sequence).where(Event.kind == "first_contact"))
    true = {"event": sequence, "happened_at": "2026-03-02T15:00:00+00:00", "reason": "Typed the wrong day"}
    act(connection, reference, "correct_event", council["manager"], true, now=CLOSED)
    ask = {"person_id": a_child(connection), "person": council["lead"]}
    entry = next(
        one
        for one in chronology(connection, **ask, wanted=Wanted())
        if one.told.action == "record_first_contact"
    )
    assert entry.on == MONDAY.date()
