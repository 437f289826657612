"""The outbox for administrators: what stands where, why, and sending again what died."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from earlyhelp.insight.messages import count_messages, list_messages
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.database import reading, transaction
from tests.casework.watched_cases import MONDAY
from tests.web.watched_site import Site, site_in

PAGE = "/administration/messages"


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    site = site_in(engine, tmp_path)
    for n in range(3):
        put(site, f"waiting-{n}", "waiting", minutes=n)
    put(site, "sent", "sent", sent_at=MONDAY)
    put(site, "dead", "dead", attempts=8, last_error="550 <no such mailbox>")
    return site


def put(site: Site, key: str, status: str, *, minutes: int = 0, **more: object) -> None:
    at = MONDAY + timedelta(minutes=minutes)
    with transaction(site.engine) as connection:
        connection.execute(
            insert(OutboxMessage).values(
                message_key=key,
                topic="alerts",
                recipient_id=site.council["lead"].id,
                subject=f"About {key}",
                body="A body that is nobody else's",
                created_at=at,
                status=status,
                next_attempt_at=at,
                urgent=False,
                **({"attempts": 0} | more),
            )
        )


def only(site: Site, key: str) -> OutboxMessage:
    with reading(site.engine) as connection:
        return connection.execute(select(OutboxMessage).where(OutboxMessage.message_key == key)).one()  # type: ignore[return-value]


def test_messages_are_counted_by_where_they_stand_and_listed_newest_first(site: Site) -> None:
    with reading(site.engine) as connection:
        assert count_messages(connection) == {"waiting": 3, "sent": 1, "dead": 1}
        found = [row.subject for row in list_messages(connection, status="waiting")]
    assert found == ["About waiting-2", "About waiting-1", "About waiting-0"]
    page = site.signed_in("administrator").get(PAGE).text
    assert "Waiting (3)" in page
    assert "Not delivered (1)" in page


def test_pages_of_messages_follow_each_other(site: Site) -> None:
    seen = []
    after = None
    with reading(site.engine) as connection:
        for _ in range(3):
            row = list_messages(connection, status="waiting", after=after, limit=1)[0]
            seen.append(row.subject)
            after = (row.created_at, row.id)
        assert list_messages(connection, status="waiting", after=after, limit=1) == []
    assert seen == ["About waiting-2", "About waiting-1", "About waiting-0"]


def test_what_failed_says_why_and_never_what_the_message_says(site: Site) -> None:
    page = site.signed_in("administrator").get(f"{PAGE}?status=dead").text
    assert "550 &lt;no such mailbox&gt;" in page
    assert 'data-label="Attempts">8' in page
    assert "nobody else" not in page


def test_a_dead_message_is_sent_again_once(site: Site) -> None:
    client, dead = site.signed_in("administrator"), only(site, "dead")
    answer = client.post(f"{PAGE}/{dead.id}/send-again", follow_redirects=True)
    assert "on its way again" in answer.text
    again = only(site, "dead")
    assert (again.status, again.attempts, again.next_attempt_at) == ("waiting", 0, site.now)
    assert "no longer among those" in client.post(f"{PAGE}/{dead.id}/send-again", follow_redirects=True).text


def test_a_message_that_was_sent_is_never_sent_again(site: Site) -> None:
    sent = only(site, "sent")
    site.signed_in("administrator").post(f"{PAGE}/{sent.id}/send-again")
    assert only(site, "sent").status == "sent"


@pytest.mark.parametrize("message_id", [2**31, 10**30])
def test_a_number_beyond_all_messages_is_not_found(site: Site, message_id: int) -> None:
    assert site.signed_in("administrator").post(f"{PAGE}/{message_id}/send-again").status_code == 404


@pytest.mark.parametrize("asked", ["status=x", "after=x", "after=%C3%A4", "status=%00"])
def test_an_address_that_asks_for_what_there_is_not_is_no_page(site: Site, asked: str) -> None:
    assert site.signed_in("administrator").get(f"{PAGE}?{asked}").status_code == 404


def test_only_administrators_send_again_and_only_from_our_own_form(site: Site) -> None:
    dead = only(site, "dead")
    assert site.signed_in("manager").post(f"{PAGE}/{dead.id}/send-again").status_code == 403
    client = site.signed_in("administrator")
    site.app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(f"{PAGE}/{dead.id}/send-again").status_code == 400
    assert only(site, "dead").status == "dead"


def test_administration_leads_to_the_messages(site: Site) -> None:
    page = site.signed_in("administrator").get("/administration").text
    assert f'href="{PAGE}"' in page
    assert "3 waiting, 1 not delivered" in page
