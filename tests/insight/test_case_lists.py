"""The lists behind a manager's figures: they hold what their filter says, in its order, page after page."""

import pytest
from sqlalchemy import Connection, select, update

from earlyhelp.casework.pathways import publish
from earlyhelp.insight.case_lists import Chosen, cases, conditions, led_by
from earlyhelp.insight.dashboard import board
from earlyhelp.insight.worklists import Place, listed
from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.loading import load
from earlyhelp.permissions import Person
from earlyhelp.places import workflows
from earlyhelp.records.base import NOBODY
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import User
from tests.casework.watched_cases import MONDAY, Council, act, contact, days, found_council
from tests.insight.waiting import fill

OF_NO_TEAM = ("lead", "screener", "manager", "analyst", "south_manager")
PAGE = 2
"""Fewer than there are workers of no team, so that some of them lead nothing of a page."""


@pytest.fixture
def council(connection: Connection) -> Council:
    """Thirty open cases: some led by nobody or from the north, the others in turns by workers of no team."""
    council = found_council(connection)
    fill(connection, contacts=30, now=MONDAY)
    workers = [council[who].id for who in OF_NO_TEAM]
    connection.execute(update(User).where(User.id.in_(workers)).values(team_id=None))
    leads = [None, workers[0], workers[0], council["other_lead"].id, *workers[1:]]
    for n, case_id in enumerate(connection.scalars(select(Case.id).order_by(Case.id.desc())).all()):
        connection.execute(
            update(Case).where(Case.id == case_id).values(lead_professional_id=leads[n % len(leads)])
        )
    return council


def pages(connection: Connection, person: Person, chosen: Chosen) -> list[int]:
    """The list from its first page to its last."""
    found: list[int] = []
    after: Place | None = None
    while True:
        page = listed(
            connection,
            person=person,
            where=conditions(chosen, MONDAY),
            after=after,
            page=PAGE,
            led_by=led_by(chosen, person),
        )
        found += [item.case_id for item in page.items]
        after = page.following
        if after is None:
            return found


def every_page(connection: Connection, person: Person, chosen: Chosen) -> list[int]:
    """The same as people see it."""
    found: list[int] = []
    after: Place | None = None
    while True:
        page = cases(connection, person=person, now=MONDAY, chosen=chosen, after=after, page=PAGE)
        found += [item.case_id for item in page.items]
        after = page.following
        if after is None:
            return found


def test_cases_led_by_workers_of_no_team_come_by_nearest_deadline(
    connection: Connection, council: Council
) -> None:
    """Those due at one moment by number, those without a deadline last, and none that is kept from who looks."""
    theirs = Case.lead_professional_id.in_([council[who].id for who in OF_NO_TEAM])
    in_order = list(connection.scalars(select(Case.id).where(theirs).order_by(Case.next_due_at, Case.id)))
    same, without, kept = in_order[1:9:2], in_order[4:13:3], in_order[6]
    connection.execute(update(Case).where(Case.id.in_(same)).values(next_due_at=MONDAY))
    connection.execute(update(Case).where(Case.id.in_(without)).values(next_due_at=None))
    connection.execute(update(Case).where(Case.id == kept).values(restricted=True))

    by_deadline = (Case.next_due_at.is_(None), Case.next_due_at, Case.id)
    expected = list(connection.scalars(select(Case.id).where(theirs, Case.id != kept).order_by(*by_deadline)))
    for who in ("service_manager", "screening_manager"):
        assert pages(connection, council[who], Chosen(workers_of=NOBODY)) == expected


@pytest.mark.parametrize(
    "chosen",
    [
        Chosen(state="screening"),
        Chosen(state="screening", kind="screening", pathway="standard"),
        Chosen(state="screening", kind="plan"),
        Chosen(state="screening", workers_of=NOBODY),
        Chosen(state="screening", team_id=NOBODY),
        Chosen(state="screening", pathway="of another council"),
    ],
)
def test_cases_in_a_state_come_by_nearest_deadline(
    connection: Connection, council: Council, chosen: Chosen
) -> None:
    """Of those of its kind none that is in another state, whatever else the list is narrowed to."""
    every = list(connection.scalars(select(Case.id).order_by(Case.next_due_at, Case.id)))
    elsewhere, without, kept = every[::3], every[4:16:3], every[7]
    connection.execute(update(Case).where(Case.id.in_(elsewhere)).values(state="another"))
    connection.execute(update(Case).where(Case.id.in_(without)).values(next_due_at=None))
    connection.execute(update(Case).where(Case.id == kept).values(restricted=True))

    where = [*conditions(chosen, MONDAY), ~Case.restricted]
    by_deadline = (Case.next_due_at.is_(None), Case.next_due_at, Case.id)
    expected = list(connection.scalars(select(Case.id).where(*where).order_by(*by_deadline)))
    assert not set(expected) & {*elsewhere, kept}
    assert bool(expected) == (chosen.kind != "plan" and chosen.pathway != "of another council")
    assert every_page(connection, council["service_manager"], chosen) == expected


def test_a_state_that_has_another_kind_in_another_version_is_found_in_both(
    connection: Connection, council: Council
) -> None:
    standard = load(workflows() / "standard.toml")
    state = standard.states["plan_in_progress"]
    other = standard.model_copy(
        update={
            "name": "other",
            "states": standard.states | {"screening": state.model_copy(update={"name": "screening"})},
        }
    )
    publish(connection, other, by="tests", now=MONDAY)
    every = list(connection.scalars(select(Case.id).order_by(Case.next_due_at, Case.id)))
    connection.execute(update(Case).where(Case.id == every[3]).values(state_kind=state.kind))
    assert every_page(connection, council["service_manager"], Chosen(state="screening")) == every


@pytest.mark.parametrize("who", ["service_manager", "screening_manager"])
def test_a_contact_is_of_the_day_it_was_received_as_it_is_known_now(connection: Connection, who: str) -> None:
    council = found_council(connection)
    manager, now = council[who], MONDAY + days(1)
    contact(connection, council, at=MONDAY)
    typed_wrongly, today = contact(connection, council, at=now), contact(connection, council, at=now)

    def received() -> set[str]:
        where = conditions(Chosen("received_today"), now)
        found = {item.reference for item in listed(connection, person=manager, where=where).items}
        told = board(connection, person=manager, now=now, calendar=england())
        assert told.front_door.received == len(found)
        return found

    assert received() == {typed_wrongly, today}
    yesterday = {"event": 1, "happened_at": MONDAY.isoformat(), "reason": "Typed wrongly"}
    act(connection, typed_wrongly, "correct_event", council["service_manager"], yesterday, now=now)
    assert received() == {today}
