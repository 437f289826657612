"""The lists behind a manager's figures: they hold what their filter says, in its order, page after page."""

import pytest
from sqlalchemy import Connection, select, update

from earlyhelp.insight.case_lists import Chosen, conditions, led_by
from earlyhelp.insight.worklists import Place, listed
from earlyhelp.permissions import Person
from earlyhelp.records.base import NOBODY
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import User
from tests.casework.watched_cases import MONDAY, Council, found_council
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
