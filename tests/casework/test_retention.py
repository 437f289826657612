"""Records end when the council's rule says so, by a named person, and never while something forbids it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, event, func, insert, select, true, update

from earlyhelp.casework import retention
from earlyhelp.casework.access_log import first_broken_entry, seal_batch
from earlyhelp.casework.audit import verify_all
from earlyhelp.casework.checkpoint_proof import broken_since
from earlyhelp.casework.checkpoints import next_checkpoint
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.casework.retention import apply, lift_hold, place_hold, review
from earlyhelp.casework.retention_judging import judge
from earlyhelp.casework.retention_rules import (
    Anchors,
    Keep,
    Rule,
    Rules,
    RulesUnsound,
    due_on,
    load_rules,
    years_after,
)
from earlyhelp.pathway.facts import Refused
from earlyhelp.permissions import Person as User
from earlyhelp.places import workflows
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.database import transaction
from earlyhelp.records.people import Person
from earlyhelp.records.plain_text import all_tables
from earlyhelp.records.reference import AccessEntry
from earlyhelp.records.retention import RetentionRun, Tombstone
from tests.casework.watched_cases import MONDAY, Council, allocated, contact, found_council

RULES = Rules(rules=(Rule(name="Six years", keep=(Keep(anchor="closing", years=6),)),))
LATER = datetime(2032, 3, 2, 12, tzinfo=UTC)


def administrator(council: Council) -> User:
    return replace(council["service_manager"], roles=frozenset({"administrator"}))


def closed(connection: Connection, reference: str) -> None:
    """As a case that has run its course: how it was closed does not matter here."""
    connection.execute(
        update(Case)
        .where(Case.reference == reference)
        .values(is_open=False, closed_at=MONDAY, outcome="outcomes_achieved")
    )


def test_a_closed_case_is_due_on_the_day_its_rule_ends(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council)
    closed(connection, reference)
    assert review(connection, rules=RULES, today=date(2032, 3, 1)) == []
    (due,) = review(connection, rules=RULES, today=date(2032, 3, 2))
    assert (due.reference, due.due_on, due.kept_because) == (reference, date(2032, 3, 2), None)


def test_deleting_leaves_a_tombstone_and_nothing_else(connection: Connection, council: Council) -> None:
    before = {
        table.name: connection.scalar(select(func.count()).select_from(table)) for table in all_tables()
    }
    reference = allocated(connection, council)
    closed(connection, reference)
    ended = connection.execute(select(Case.version, Case.last_hash)).one()
    done = apply(connection, rules=RULES, references=[reference], person=administrator(council), now=LATER)
    after = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in all_tables()}
    grown = {name for name in after if after[name] != before[name]}
    assert grown <= {"tombstones", "retention_runs", "counters", "known_referrers", "calendar_days"}
    stone = connection.execute(select(Tombstone)).one()
    assert (stone.reference, stone.events, stone.last_hash) == (reference, ended.version, ended.last_hash)
    assert (done.people, stone.deleted_by) == (1, "service_manager@council.example")


def test_a_family_with_an_open_case_keeps_its_closed_ones(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council)
    contact(connection, council, surname="Penrose")
    first, second = connection.scalars(select(CasePerson.person_id).order_by(CasePerson.case_id))
    connection.execute(update(CasePerson).where(CasePerson.person_id == second).values(person_id=first))
    closed(connection, reference)
    (due,) = review(connection, rules=RULES, today=LATER.date())
    assert due.kept_because == "A case of the family is open"
    with pytest.raises(Refused, match="must be kept"):
        apply(connection, rules=RULES, references=[reference], person=administrator(council), now=LATER)
    assert connection.scalar(select(func.count(Tombstone.id))) == 0


@pytest.mark.parametrize("together", [True, False])
def test_a_familys_records_end_together_where_the_council_says_so(
    connection: Connection, council: Council, together: bool
) -> None:
    earlier, later = allocated(connection, council), contact(connection, council, surname="Penrose")
    first, second = connection.scalars(select(CasePerson.person_id).order_by(CasePerson.case_id))
    connection.execute(update(CasePerson).where(CasePerson.person_id == second).values(person_id=first))
    closed(connection, earlier)
    closed(connection, later)
    connection.execute(update(Case).where(Case.reference == later).values(closed_at=LATER))
    rules = RULES.model_copy(update={"families_together": together})
    (due,) = review(connection, rules=rules, today=LATER.date())
    kept = "A case of the family is kept until 02/03/2038" if together else None
    assert (due.reference, due.kept_because) == (earlier, kept)


def test_a_legal_hold_keeps_a_case_until_it_is_lifted(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council)
    closed(connection, reference)
    told = {"reference": reference, "person": administrator(council), "now": LATER}
    place_hold(connection, reason="Public inquiry", **told)  # type: ignore[arg-type]
    (due,) = review(connection, rules=RULES, today=LATER.date())
    assert due.kept_because == "It is under legal hold"
    lift_hold(connection, reason="The inquiry has ended", **told)  # type: ignore[arg-type]
    (due,) = review(connection, rules=RULES, today=LATER.date())
    assert due.kept_because is None
    with pytest.raises(Refused, match="no legal hold"):
        lift_hold(connection, reason="Again", **told)  # type: ignore[arg-type]


def test_other_families_and_their_histories_stay_whole(connection: Connection, council: Council) -> None:
    gone, stays = allocated(connection, council), allocated(connection, council, surname="Penrose")
    closed(connection, gone)
    closed(connection, stays)
    apply(connection, rules=RULES, references=[gone], person=administrator(council), now=LATER)
    assert list(verify_all(connection)) == [(stays, None)]
    assert connection.scalars(select(Person.family_name)).all() == ["Penrose"]
    assert (connection.scalar(select(func.count(Event.id))) or 0) > 0


def test_nobody_but_an_administrator_deletes_and_nothing_that_is_not_due(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    with pytest.raises(NotAllowed):
        apply(connection, rules=RULES, references=[reference], person=council["manager"], now=LATER)
    with pytest.raises(Refused, match="not due"):
        apply(connection, rules=RULES, references=[reference], person=administrator(council), now=LATER)


def test_every_line_of_a_rule_must_have_passed_for_every_child() -> None:
    rule = Rule(
        name="Both", keep=(Keep(anchor="eighteenth_birthday", years=3), Keep(anchor="closing", years=6))
    )
    closing = date(2026, 3, 2)
    births = [date(2010, 5, 1), date(2019, 5, 4)]
    assert due_on(rule, Anchors(closing, closing, births)) == date(2040, 5, 4)
    assert due_on(rule, Anchors(closing, closing, [*births, None])) is None
    assert years_after(date(2024, 2, 29), 1) == date(2025, 3, 1)


def test_a_councils_own_rules_stand_before_the_example(tmp_path: Path) -> None:
    assert load_rules(workflows(), tmp_path).example
    own = tmp_path / "retention" / "rules.toml"
    own.parent.mkdir()
    own.write_text('[[rules]]\nname = "Ours"\nkeep = [{ anchor = "birth", years = 25 }]\n')
    assert [rule.name for rule in load_rules(workflows(), tmp_path).rules] == ["Ours"]
    own.write_text('[[rules]]\nname = "Ours"\nkeep = [{ anchor = "whenever", years = 25 }]\n')
    with pytest.raises(RulesUnsound, match="anchor"):
        load_rules(workflows(), tmp_path)


def test_a_family_is_its_people_and_its_name_and_one_kept_case_keeps_them_all(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as connection:
        council = found_council(connection)
        earlier, later = allocated(connection, council), contact(connection, council, surname="Penrose")
        families = select(Case.family_id).where(Case.reference == earlier).scalar_subquery()
        connection.execute(update(Case).where(Case.reference == later).values(family_id=families))
        closed(connection, earlier)
        closed(connection, later)
        connection.execute(update(Case).where(Case.reference == later).values(outcome="never_named"))
        only = RULES.rules[0].model_copy(update={"outcomes": ("outcomes_achieved",)})
        rules = RULES.model_copy(update={"rules": (only,)})
        (due,) = review(connection, rules=rules, today=LATER.date())
        assert due.reference == earlier
        assert due.kept_because == "A case of the family has no day on which it is due"
        place_hold(
            connection, reference=later, person=administrator(council), reason="Public inquiry", now=LATER
        )
        (due,) = review(connection, rules=rules, today=LATER.date())
        assert due.kept_because == "A case of the family is under legal hold"


def test_what_a_run_deleted_is_vouched_for_and_what_may_not_be_deleted_here_stays(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(sqlite_engine) as connection:
        council = found_council(connection)
        reference = allocated(connection, council)
        closed(connection, reference)
        reader = {"at": MONDAY, "user_id": council["screener"].id, "what": "case"}
        opened = insert(AccessEntry).values(**reader, case_id=select(Case.id).scalar_subquery())
        entry = connection.execute(opened.returning(AccessEntry.id)).scalar_one()
        assert seal_batch(connection, now=LATER) is not None
        known = [next_checkpoint(connection, earlier=[], secret_key="k" * 40, now=MONDAY)]
        run = {"rules": RULES, "person": administrator(council), "now": LATER}
        with pytest.raises(NotAllowed):
            place_hold(
                connection, reference=reference, person=council["manager"], reason="Inquiry", now=LATER
            )
        assert apply(connection, references=[], **run).references == []  # type: ignore[arg-type]
        with monkeypatch.context() as of_the_web:
            of_the_web.setattr(retention, "may_delete_history", lambda _: False)
            with pytest.raises(Refused, match="from a terminal"):
                apply(connection, references=[reference], **run)  # type: ignore[arg-type]
        assert connection.scalar(select(func.count(RetentionRun.id))) == 0
        apply(connection, references=[reference], **run)  # type: ignore[arg-type]
        assert list(broken_since(connection, known)) == [], "a tombstone is no sign of tampering"
        assert connection.scalar(select(AccessEntry.id)) is None
        assert first_broken_entry(connection) is None, (
            "nor is an entry of the access log that went with its case"
        )
        again = insert(AccessEntry).values(**reader).returning(AccessEntry.id)
        assert connection.execute(again).scalar_one() > entry, "no other entry gets its number"


def test_years_since_the_last_contact_are_counted_from_it() -> None:
    rule = Rule(name="Quiet", keep=(Keep(anchor="last_contact", years=2),))
    assert due_on(rule, Anchors(date(2026, 3, 2), date(2026, 2, 1), [])) == date(2028, 2, 1)


def test_only_cases_that_may_be_due_are_looked_at_and_none_of_them_is_missed(
    connection: Connection, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each outcome with children of each age, closed early and late: as many are found as by looking at every case."""
    births = (None, date(2001, 3, 2), date(2007, 2, 28), date(2008, 2, 29), date(2030, 1, 1))
    for number in range(15):
        reference = contact(connection, council, surname=f"Rowe{number}")
        closed(connection, reference)
        outcome = ("signposted", "outcomes_achieved", None)[number % 3]
        ended = MONDAY.replace(year=2026 + number % 2)
        changed = {"outcome": outcome, "closed_at": ended if number % 7 else None, "last_event_at": ended}
        connection.execute(update(Case).where(Case.reference == reference).values(changed))
        child = update(Person).where(Person.family_name == f"Rowe{number}")
        connection.execute(child.values(date_of_birth=births[number % 5]))
    connection.execute(delete(CasePerson).where(CasePerson.case_id == 1))
    rules = load_rules(workflows(), None)
    grown = Rule(name="Grown", keep=(Keep(anchor="eighteenth_birthday", years=6), RULES.rules[0].keep[0]))
    asked = [
        (each, day)
        for each in (RULES, rules, Rules(rules=(rules.rules[0],)), Rules(rules=(grown,)))
        for day in (date(2031, 3, 1), date(2032, 3, 2), date(2033, 3, 2), date(2058, 1, 1))
    ]
    found = [review(connection, rules=each, today=day) for each, day in asked]
    monkeypatch.setattr(retention, "may_be_due", lambda rules, today: true())
    assert found == [review(connection, rules=each, today=day) for each, day in asked]
    assert len({len(cases) for cases in found}) > 3


def test_deleting_looks_at_the_chosen_cases_and_their_families_alone(
    connection: Connection, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many others are due: who deletes five of a hundred thousand does not wait for all to be reviewed."""
    chosen = [allocated(connection, council, surname=f"Rowe{number}") for number in range(3)]
    stays = allocated(connection, council, surname="Penrose")
    for reference in (*chosen, stays):
        closed(connection, reference)
    monkeypatch.setattr(retention, "may_be_due", lambda rules, today: pytest.fail("looked for others"))
    run = {"rules": RULES, "person": administrator(council), "now": LATER}
    assert apply(connection, references=chosen, **run).references == sorted(chosen)  # type: ignore[arg-type]
    assert connection.scalars(select(Case.reference)).all() == [stays]


def test_what_stopped_being_due_since_it_was_reviewed_is_refused_and_none_is_deleted(
    connection: Connection, council: Council
) -> None:
    due, opened_again = (allocated(connection, council, surname=name) for name in ("Rowe", "Hale"))
    closed(connection, due)
    closed(connection, opened_again)
    assert len(review(connection, rules=RULES, today=LATER.date())) == 2
    connection.execute(update(Case).where(Case.reference == opened_again).values(is_open=True))
    run = {"rules": RULES, "person": administrator(council), "now": LATER}
    for never_due in (opened_again, "EH-1", "", "\x00", "\ud800"):
        with pytest.raises(Refused, match="is not due for deletion"):
            apply(connection, references=[due, never_due], **run)  # type: ignore[arg-type]
    assert connection.scalar(select(func.count(Case.id))) == 2


def test_a_block_of_cases_is_judged_in_as_many_statements_as_one(
    connection: Connection, council: Council
) -> None:
    def asked() -> int:
        statements: list[str] = []

        def heard(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            statements.append(statement)

        event.listen(connection, "before_cursor_execute", heard)
        found = judge(connection, true(), rules=RULES, today=LATER.date())
        event.remove(connection, "before_cursor_execute", heard)
        assert len(found) == connection.scalar(select(func.count(Case.id)))
        return len(statements)

    closed(connection, allocated(connection, council))
    one = asked()
    for number in range(4):
        closed(connection, allocated(connection, council, surname=f"Rowe{number}"))
    assert asked() == one <= 7
