"""Whatever is changed in teams, hours, ceilings and accounts leaves behind who did it, from what and to what."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from earlyhelp.casework.office_changes import change_roles, close_account, open_account
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.office_changes import OfficeChange
from tests.web.quick_site import site
from tests.web.watched_site import Site

__all__ = ["site"]
PAGE = "/administration/changes"


def test_teams_and_hours_leave_who_changed_what_from_what(site: Site) -> None:
    administrator = site.signed_in("administrator")
    lead = site.council["lead"].id
    hours = {"fte": "0.5", "newly_qualified": "no", "ceiling": ""}
    for _ in range(2):
        assert administrator.post(f"/administration/teams/workers/{lead}", data=hours).status_code == 302
    with reading(site.engine) as connection:
        [change] = connection.execute(select(OfficeChange)).all()
    assert (change.by, change.about) == ("administrator@council.example", "lead@council.example")
    assert change.content == {"fte": [1.0, 0.5]}
    page = administrator.get(PAGE).text
    assert "Hours changed" in page
    assert "lead@council.example" in page
    assert site.signed_in("lead").get(PAGE).status_code == 403


def test_a_reset_names_the_administrator(site: Site) -> None:
    administrator = site.signed_in("administrator")
    administrator.post(f"/administration/signing-in/{site.council['lead'].id}/reset-second-factor")
    page = administrator.get(PAGE).text
    assert "Second factor reset" in page
    assert "administrator@council.example" in page


def test_roles_and_closed_accounts_are_written_and_nobody_changes_what_was(site: Site) -> None:
    lead = site.council["lead"].id
    assert lead is not None
    with transaction(site.engine) as connection:
        change_roles(connection, user_id=lead, roles=["manager"], by="a", now=site.now)
        close_account(connection, user_id=lead, by="a", now=site.now)
        open_account(connection, user_id=lead, by="a", now=site.now)
    with reading(site.engine) as connection:
        written = [(row.what, row.content) for row in connection.execute(select(OfficeChange)).all()]
    assert written == [
        ("roles", {"roles": [["lead_professional"], ["manager"]]}),
        ("account_closed", {"active": [True, False]}),
        ("account_opened", {"active": [False, True]}),
    ]
    with pytest.raises(DatabaseError), transaction(site.engine) as connection:
        connection.execute(update(OfficeChange).values(by="b"))
