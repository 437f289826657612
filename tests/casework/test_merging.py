"""Two records become one, and two again: nothing is lost on the way, and nothing that came since is touched."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from earlyhelp.casework import retention
from earlyhelp.casework.audit import verify_one
from earlyhelp.casework.intake import open_case
from earlyhelp.casework.merging import NoSuchPerson, merge_people, preview_merge, say_different
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.casework.retention_rules import Keep, Rule, Rules
from earlyhelp.casework.unmerging import preview_unmerge, unmerge_people
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.journal import JournalEntry
from earlyhelp.records.matching import MatchDecision, PersonKey, PersonMerge, SuspectedDuplicate
from earlyhelp.records.people import FamilyMember, Person
from tests.casework.watched_cases import MONDAY, Council, found_council

WILLIAM = {"given_name": "William", "family_name": "Tregenza", "date_of_birth": "2019-05-04"}
BILL = {**WILLIAM, "given_name": "Bill", "gender": "male", "nhs_number": "9434765919", "postcode": "WS1 1TP"}
SISTER = {"given_name": "Wenna", "family_name": "Tregenza", "date_of_birth": "2017-01-30"}
FIELDS = {
    "source": "3A",
    "channel": "telephone",
    "presenting_needs": [],
    "worries": "Often absent from school",
    "strengths": "Close to her grandmother",
    "agreement": "given",
}
LATER = MONDAY + timedelta(days=3)


def told(connection: Connection, council: Council, *children: dict[str, Any]) -> tuple[str, list[str]]:
    """The reference of a contact about these children, and their public ids."""
    opened = open_case(
        connection, person=council["screener"], children=list(children), fields=FIELDS, now=MONDAY
    )
    ids = (
        select(Person.public_id)
        .join(CasePerson, CasePerson.person_id == Person.id)
        .where(CasePerson.case_id == opened.case_id)
        .order_by(CasePerson.position)
    )
    return opened.reference, list(connection.scalars(ids))


def merged(connection: Connection, council: Council, kept: str, gone: str, reason: str = "Same boy") -> int:
    return merge_people(
        connection, kept=kept, gone=gone, person=council["service_manager"], reason=reason, now=LATER
    )


def unmerged(connection: Connection, council: Council, merge_id: int) -> None:
    unmerge_people(
        connection, merge_id=merge_id, person=council["service_manager"], reason="Twins", now=LATER
    )


def all_there_is(connection: Connection) -> list[list[Any]]:
    tables = (Person, CasePerson, FamilyMember, PersonKey)
    return [sorted(map(repr, connection.execute(select(table)))) for table in tables]


def on_case(connection: Connection, reference: str) -> list[str]:
    statement = (
        select(Person.public_id)
        .join(CasePerson, CasePerson.person_id == Person.id)
        .join(Case, Case.id == CasePerson.case_id)
        .where(Case.reference == reference)
        .order_by(CasePerson.position)
    )
    return list(connection.scalars(statement))


def test_cases_families_and_missing_details_move_to_the_record_that_stays(connection: Connection) -> None:
    council = found_council(connection)
    _, (kept,) = told(connection, council, WILLIAM)
    second, (gone, sister) = told(connection, council, BILL, SISTER)
    seen = preview_merge(connection, kept=kept, gone=gone, person=council["service_manager"])
    assert [row.reference for row in seen.cases] == [second]
    assert seen.filled == {"nhs_number": "9434765919", "postcode": "WS1 1TP", "gender": "male"}
    merged(connection, council, kept, gone)
    assert on_case(connection, second) == [kept, sister]
    row = connection.execute(select(Person).where(Person.public_id == kept)).one()
    assert (row.given_name, row.nhs_number, row.postcode) == ("William", "9434765919", "WS1 1TP")
    note = connection.execute(select(JournalEntry).where(JournalEntry.what == "person_merged")).one()
    assert note.content == {"kept": kept, "gone": gone, "reason": "Same boy"}
    assert verify_one(connection, reference=second) is None


def test_undoing_restores_exactly_what_was(connection: Connection) -> None:
    council = found_council(connection)
    first, (kept,) = told(connection, council, WILLIAM)
    second, (gone, _) = told(connection, council, BILL, SISTER)
    both, _ = told(connection, council, {**WILLIAM, "person": kept}, {**BILL, "person": gone})
    before = all_there_is(connection)
    merge_id = merged(connection, council, kept, gone)
    assert on_case(connection, both) == [kept]
    assert all_there_is(connection) != before
    unmerged(connection, council, merge_id)
    assert all_there_is(connection) == before
    for reference in (first, second, both):
        assert verify_one(connection, reference=reference) is None


def test_what_came_since_stays_where_it_is(connection: Connection) -> None:
    council = found_council(connection)
    _, (kept,) = told(connection, council, WILLIAM)
    second, (gone,) = told(connection, council, BILL)
    merge_id = merged(connection, council, kept, gone)
    third, (linked,) = told(connection, council, {**BILL, "person": gone})
    assert linked == kept, "a record that was merged stands for the one it became part of"
    unmerged(connection, council, merge_id)
    assert on_case(connection, second) == [gone]
    assert on_case(connection, third) == [kept]


def test_a_merged_record_is_still_found_by_its_own_name(connection: Connection) -> None:
    council = found_council(connection)
    _, (kept,) = told(connection, council, WILLIAM)
    _, (gone,) = told(connection, council, BILL)
    merged(connection, council, kept, gone)
    _, (linked,) = told(connection, council, BILL)
    assert linked == kept


def test_merges_are_undone_in_the_order_in_which_they_build_on_each_other(connection: Connection) -> None:
    council = found_council(connection)
    people = [
        told(connection, council, {**WILLIAM, "family_name": name})[1][0] for name in ("Ash", "Oak", "Elm")
    ]
    before = all_there_is(connection)
    first = merged(connection, council, people[1], people[2])
    second = merged(connection, council, people[0], people[1])
    stands_in = select(func.count()).select_from(Person).where(Person.merged_into_id.is_not(None))
    assert connection.scalar(stands_in) == 2
    with pytest.raises(Refused, match="Undo that first"):
        unmerged(connection, council, first)
    unmerged(connection, council, second)
    unmerged(connection, council, first)
    assert all_there_is(connection) == before
    with pytest.raises(NoSuchPerson):
        unmerged(connection, council, first)


def test_two_suspected_duplicates_are_settled_by_merging_or_by_saying_otherwise(
    connection: Connection,
) -> None:
    council = found_council(connection)
    told(connection, council, WILLIAM)
    told(connection, council, BILL)
    suspected = connection.execute(select(SuspectedDuplicate)).one()
    assert suspected.status == "open"
    say_different(
        connection,
        duplicate_id=suspected.id,
        person=council["service_manager"],
        reason="Cousins",
        now=LATER,
    )
    assert connection.scalar(select(SuspectedDuplicate.status)) == "different"


def test_only_administrators_merge_and_only_with_a_reason(connection: Connection) -> None:
    council = found_council(connection)
    _, (kept,) = told(connection, council, WILLIAM)
    _, (gone,) = told(connection, council, BILL)
    for who in ("screener", "manager", "lead"):
        with pytest.raises(NotAllowed):
            merge_people(connection, kept=kept, gone=gone, person=council[who], reason="Same", now=LATER)
    for reason in ("  ", "x" * 501, "a\x00b"):
        with pytest.raises(BadFields):
            merged(connection, council, kept, gone, reason)
    for pair in ((kept, kept), (kept, "P000NOBODY")):
        with pytest.raises((Refused, NoSuchPerson)):
            merged(connection, council, *pair)
    assert connection.scalar(select(func.count()).select_from(PersonMerge)) == 0


def test_what_a_screener_chose_is_kept_with_the_contact(connection: Connection) -> None:
    council = found_council(connection)
    _, (known,) = told(connection, council, WILLIAM)
    _, (new,) = told(connection, council, {**BILL, "not_known_as": [known]})
    assert new != known
    decision = connection.execute(select(MatchDecision)).one()
    assert (decision.declined, decision.chosen) == ([known], False)
    assert connection.scalar(select(SuspectedDuplicate.status)) == "declined"


def test_a_restricted_record_is_neither_linked_nor_merged_by_who_may_not_see_it(
    connection: Connection,
) -> None:
    council = found_council(connection)
    exact = {**WILLIAM, "postcode": "WS1 1TP"}
    _, (known,) = told(connection, council, exact)
    connection.execute(update(Person).values(restricted=True))
    _, (new,) = told(connection, council, exact)
    assert new != known
    with pytest.raises(BadFields):
        told(connection, council, {**exact, "person": known})
    administrator = council["analyst"].__class__(
        id=council["analyst"].id, email="a@b.example", name="Ada", roles=frozenset({"administrator"})
    )
    with pytest.raises(NoSuchPerson):
        preview_merge(connection, kept=known, gone=new, person=administrator)


def test_undoing_is_previewed_only_for_merges_that_stand(connection: Connection) -> None:
    council = found_council(connection)
    with pytest.raises(NoSuchPerson):
        preview_unmerge(connection, merge_id=7, person=council["service_manager"])


def test_records_can_be_two_again_when_a_case_of_one_was_deleted_for_its_age(connection: Connection) -> None:
    council = found_council(connection)
    (_, (kept,)), (old, (gone,)) = (told(connection, council, child) for child in (WILLIAM, BILL))
    merge_id = merged(connection, council, kept, gone)
    ended = {"is_open": False, "closed_at": MONDAY, "outcome": "outcomes_achieved"}
    connection.execute(update(Case).values(ended))
    administrator = replace(council["service_manager"], roles=frozenset({"administrator"}))
    years_later = MONDAY + timedelta(days=6 * 366)
    rules = Rules(rules=(Rule(name="Six years", keep=(Keep(anchor="closing", years=6),)),))
    retention.apply(connection, rules=rules, references=[old], person=administrator, now=years_later)
    unmerged(connection, council, merge_id)
    rows = connection.execute(select(Person.public_id, Person.merged_into_id, Person.nhs_number)).all()
    assert sorted(rows) == sorted([(kept, None, None), (gone, None, BILL["nhs_number"])])


def test_a_name_taken_over_is_found_by_and_given_back_is_not(connection: Connection) -> None:
    council = found_council(connection)
    (_, (kept,)), (_, (gone,)) = (
        told(connection, council, child) for child in ({**WILLIAM, "family_name": ""}, BILL)
    )
    sought = select(Person.search_name).where(Person.public_id == kept)
    merge_id = merged(connection, council, kept, gone)
    assert connection.scalar(sought) == "william tregenza"
    unmerged(connection, council, merge_id)
    assert connection.scalar(sought) == "william"
