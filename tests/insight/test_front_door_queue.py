"""The front door's queue: nearest due first, counts that agree with the list, the same work for 5 and for 5,000."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event, select, text, update

from earlyhelp.casework.pathways import compiled
from earlyhelp.insight import front_door
from earlyhelp.insight.front_door import FLAGS, Wanted
from earlyhelp.insight.worklists import PAGE, Place
from earlyhelp.records.cases import Case
from earlyhelp.records.database import is_postgresql
from earlyhelp.web.presenters.worklists import flags_of
from tests.casework.test_merging import SISTER, WILLIAM, told
from tests.casework.test_perform import contact_about
from tests.casework.watched_cases import MONDAY, Council, act, contact, days, found_council
from tests.insight.waiting import fill

NFA = {"level_of_need": "universal", "rationale": "Known to school and well"}


@pytest.fixture
def council(connection: Connection) -> Council:
    return found_council(connection)


def listed(connection: Connection, council: Council, who: str = "screener", **wanted: str) -> list[str]:
    """References of the whole list, page by page, which must be as long as the count says."""
    asked = {"person": council[who], "now": MONDAY, "today": MONDAY.date(), "wanted": Wanted(**wanted)}
    found: list[str] = []
    place: dict[str, Place | None] = {}
    while True:
        page = front_door.queue(connection, **place, **asked)
        assert len(page.items) <= PAGE
        found += [item.reference for item in page.items]
        place = {"after_at_risk" if page.ends_above else "after": page.following}
        if page.following is None:
            break
    assert front_door.count(connection, **asked) == len(found)
    return found


def flagged(connection: Connection, council: Council, flag: str) -> set[str]:
    """Contacts of the first page that say so of themselves."""
    asked = {"person": council["screener"], "now": MONDAY, "today": MONDAY.date()}
    items = front_door.queue(connection, **asked).items
    engine = compiled(connection, pathway_id=items[0].pathway_id)
    return {item.reference for item in items if flag in dict(flags_of(item, engine, MONDAY))}


def child_of(connection: Connection, reference: str) -> str:
    statement = text(
        "SELECT p.public_id FROM people p JOIN case_people c ON c.person_id = p.id"
        " JOIN cases ON cases.id = c.case_id WHERE cases.reference = :reference"
    )
    return str(connection.execute(statement, {"reference": reference}).scalar_one())


def test_the_nearest_due_comes_first_over_all_pages(connection: Connection, council: Council) -> None:
    overdue = contact(connection, council, at=MONDAY - days(10))
    fill(connection, contacts=2 * PAGE + 3, now=MONDAY)
    found = listed(connection, council)
    assert found[0] == overdue
    assert len(found) == len(set(found)) == 2 * PAGE + 4


def test_a_child_who_may_be_at_risk_now_stands_above_what_is_overdue(
    connection: Connection, council: Council
) -> None:
    overdue = contact(connection, council, at=MONDAY - days(10))
    at_risk = contact(connection, council, at=MONDAY)
    fill(connection, contacts=PAGE + 3, now=MONDAY)
    connection.execute(update(Case).where(Case.reference == at_risk).values(urgency="red"))
    found = listed(connection, council)
    assert found[:2] == [at_risk, overdue]
    assert len(found) == len(set(found)) == PAGE + 5


@pytest.mark.parametrize("at_risk", [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE])
def test_many_children_at_risk_fill_pages_of_their_own_and_none_is_lost(
    connection: Connection, council: Council, at_risk: int
) -> None:
    fill(connection, contacts=2 * PAGE + 3, now=MONDAY)
    some = select(Case.id).order_by(Case.id.desc()).limit(at_risk)
    connection.execute(update(Case).where(Case.id.in_(some)).values(urgency="red"))
    # One of them waits without any time limit, after the others of its kind.
    connection.execute(update(Case).where(Case.id.in_(some.limit(1))).values(next_due_at=None))
    found = listed(connection, council)
    red = set(connection.scalars(select(Case.reference).where(Case.urgency == "red")))
    assert set(found[:at_risk]) == red
    assert len(found) == len(set(found)) == 2 * PAGE + 3


def test_what_was_decided_is_not_in_the_queue(connection: Connection, council: Council) -> None:
    waiting, decided = contact(connection, council), contact(connection, council, surname="Nance")
    act(connection, decided, "close_no_further_action", council["screener"], NFA, now=MONDAY)
    assert listed(connection, council) == [waiting]


class TestFlags:
    @pytest.fixture
    def again(self, connection: Connection, council: Council) -> str:
        """A second contact about a child whose first was closed 364 days before."""
        first = contact(connection, council, at=MONDAY - days(364))
        at = MONDAY - days(364)
        act(connection, first, "close_no_further_action", council["screener"], NFA, now=at)
        contact(connection, council, surname="Nance")
        return contact_about(connection, council, child_of(connection, first))

    def test_a_repeat_contact_is_found_and_says_so(
        self, connection: Connection, council: Council, again: str
    ) -> None:
        assert listed(connection, council, flag="repeat") == [again]
        asked = {"person": council["screener"], "now": MONDAY, "today": MONDAY.date()}
        item = front_door.queue(connection, wanted=Wanted(flag="repeat"), **asked).items[0]
        assert item.earlier_contacts == 1

    def test_a_contact_of_more_than_a_year_before_is_no_repeat(
        self, connection: Connection, council: Council, again: str
    ) -> None:
        connection.execute(
            update(Case).where(Case.reference == again).values(opened_at=MONDAY + timedelta(days=2))
        )
        assert listed(connection, council, flag="repeat") == []

    def test_another_open_case_is_found(self, connection: Connection, council: Council) -> None:
        first = contact(connection, council)
        second = contact_about(connection, council, child_of(connection, first))
        contact(connection, council, surname="Nance")
        assert set(listed(connection, council, flag="open_case")) == {first, second}

    def test_an_infant_is_found(self, connection: Connection, council: Council) -> None:
        told(connection, council, {**WILLIAM, "date_of_birth": f"{MONDAY - days(365):%Y-%m-%d}"})
        infant, _ = told(connection, council, {**SISTER, "date_of_birth": f"{MONDAY - days(364):%Y-%m-%d}"})
        expected = f"{MONDAY + days(90):%Y-%m-%d}"
        unborn, _ = told(connection, council, {"family_name": "Nance", "expected_birth_on": expected})
        expected = f"{MONDAY - days(365):%Y-%m-%d}"
        told(connection, council, {"family_name": "Pascoe", "expected_birth_on": expected})
        found = listed(connection, council, flag="infant")
        assert sorted(found) == sorted([infant, unborn])
        assert set(found) == flagged(connection, council, "Under 1 or unborn")

    def test_a_restricted_contact_is_shown_only_to_who_may_see_it(
        self, connection: Connection, council: Council
    ) -> None:
        restricted = contact(connection, council)
        connection.execute(update(Case).where(Case.reference == restricted).values(restricted=True))
        assert listed(connection, council, flag="restricted") == []
        assert listed(connection, council, "service_manager", flag="restricted") == []
        case_id = frozenset(connection.scalars(select(Case.id).where(Case.reference == restricted)))
        named = replace(council["service_manager"], given=case_id, given_restricted=case_id)
        told = Council({"named": named})
        assert listed(connection, told, "named", flag="restricted") == [restricted]


def test_the_list_is_narrowed_by_state_source_claim_and_name(
    connection: Connection, council: Council
) -> None:
    mine, theirs, free = (contact(connection, council, surname=name) for name in ("Ada", "Bede", "O'Dó"))
    for reference, person in ((mine, council["screener"]), (theirs, council["screening_manager"])):
        claimed = {"claimed_by_id": person.id, "claimed_until": MONDAY + timedelta(minutes=1)}
        connection.execute(update(Case).where(Case.reference == reference).values(claimed))
    asked = {"from_whom": "School", "what": "?"}
    act(connection, free, "request_information", council["screener"], asked, now=MONDAY)
    assert listed(connection, council, whose="mine") == [mine]
    assert listed(connection, council, whose="others") == [theirs]
    assert listed(connection, council, whose="nobodys") == [free]
    assert listed(connection, council, state_kind="information") == [free]
    assert listed(connection, council, source="9") == []
    assert listed(connection, council, search="wenna odo") == [free]
    assert listed(connection, council, search=theirs.lower().replace("-", " ")) == [theirs]
    assert listed(connection, council, search="%") == []


def test_what_is_looked_at_one_by_one_is_counted_no_further_than_anybody_reads(
    connection: Connection, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_door, "MOST", 2)
    for _ in range(4):
        contact(connection, council)
    asked = {"person": council["screener"], "now": MONDAY, "today": MONDAY.date()}
    assert front_door.count(connection, **asked) == 4
    assert front_door.count(connection, **asked, wanted=Wanted(search="Tregenza")) == 3


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("flag", [None, *FLAGS])
def test_five_thousand_waiting_cost_no_more_queries_than_five(
    connection: Connection, council: Council, flag: str | None
) -> None:
    costs = []
    for more in (5, 4_995) if flag is None else (5, 200):
        fill(connection, contacts=more, now=MONDAY)
        asked = {"person": council["screener"], "now": MONDAY, "today": MONDAY.date()}
        with counted(connection.engine) as statements:
            front_door.queue(connection, wanted=Wanted(flag=flag), **asked)
            front_door.count(connection, wanted=Wanted(flag=flag), **asked)
        costs.append(len(statements))
    assert costs[1] <= max(costs[0], 6)


def test_the_queue_is_a_walk_of_its_own_index(connection: Connection, council: Council) -> None:
    fill(connection, contacts=6_000, waiting=300, now=MONDAY)
    connection.execute(text("ANALYZE"))
    with counted(connection.engine) as statements:
        front_door.queue(connection, person=council["screener"], now=MONDAY, today=MONDAY.date())
    plans = [_plan(connection, statement) for statement in statements if "LIMIT" in statement]
    assert all("ix_cases_at_risk" in plan or "ix_cases_front_door" in plan for plan in plans)
    assert any("ix_cases_front_door" in plan for plan in plans)


def _plan(connection: Connection, statement: str) -> str:
    """How the database goes about the statement. Bound values are one kind only: so many rows."""
    if is_postgresql(connection):
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", {"param_1": PAGE + 1})
    else:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (PAGE + 1, 0))
    return "\n".join(str(row) for row in rows)
