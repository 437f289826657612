"""Partners' systems are told of changes: each once, signed, only what their account may see."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select

from earlyhelp.casework.sweep import sweep
from earlyhelp.casework.webhooks import (
    WebhookRefused,
    add_webhook,
    end_webhook,
    forget_old_deliveries,
    queue_deliveries,
    send_again,
)
from earlyhelp.openreferral.connecting import plain_session, public_session
from earlyhelp.outbound.sending import MOST_ATTEMPTS
from earlyhelp.outbound.webhooks import UNSIGNED, send_webhooks
from earlyhelp.records.cases import Event
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.webhooks import Webhook, WebhookDelivery
from tests.casework.watched_cases import MONDAY, Council, allocated, contact, council_in, days, found_council

EVERYTHING = ("case.changed", "clock.breached")
KEY = "a secret key of at least thirty-two characters"


@dataclass
class Receiver:
    """Another system on loopback. It answers what the test says, 204 without."""

    address: str = ""
    answers: list[int] = field(default_factory=list)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(told.answers.pop(0) if told.answers else 204)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    told.address = f"http://127.0.0.1:{server.server_address[1]}/told"
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def council(engine: Engine) -> Council:
    return council_in(engine)


def added(
    engine: Engine, council: Council, address: str, *, account: str = "service_manager", **more: Any
) -> Any:
    with transaction(engine) as connection:
        return add_webhook(
            connection,
            name="Case management",
            address=address,
            account=f"{account}@council.example",
            by=council["manager"],
            **({"topics": EVERYTHING, "key": KEY, "now": MONDAY} | more),
        )


def told(engine: Engine, *, now: datetime, queue: bool = True, key: str = KEY) -> int:
    if queue:
        with transaction(engine) as connection:
            queue_deliveries(connection, now=now)
    with plain_session() as session:
        return send_webhooks(engine, session, lambda: now, secret_key=key, plain_allowed=True)


def deliveries(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(WebhookDelivery).order_by(WebhookDelivery.id)).all())


def recorded(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.scalar(select(func.count()).select_from(Event)) or 0)


def test_a_change_is_told_once_signed_and_without_a_name(
    engine: Engine, council: Council, receiver: Receiver
) -> None:
    webhook = added(engine, council, receiver.address)
    with transaction(engine) as connection:
        reference = allocated(connection, council)
    later = MONDAY + days(1)
    assert told(engine, now=later) == recorded(engine)
    assert told(engine, now=later + timedelta(minutes=1)) == 0
    headers, body = receiver.heard[-1]
    signed = f"{headers['webhook-id']}.{int(later.timestamp())}.".encode() + body
    key = base64.b64decode(webhook.secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    said = json.loads(body)
    assert (said["type"], said["id"]) == ("case.changed", headers["webhook-id"])
    assert said["data"]["case"] == reference
    assert said["data"]["action"] == "allocate_lead_professional"
    assert said["data"].keys() == {"case", "sequence", "action", "from_state", "to_state", "occurred_at"}


def test_who_has_the_database_alone_cannot_sign(engine: Engine, council: Council, receiver: Receiver) -> None:
    webhook = added(engine, council, receiver.address)
    with transaction(engine) as connection:
        allocated(connection, council)
        kept = connection.scalars(select(Webhook.sealed_secret)).one()
    assert webhook.secret.removeprefix("whsec_") not in kept
    told(engine, now=MONDAY + days(1), key=KEY[::-1])
    assert receiver.heard == []
    assert {(each.status, each.last_error) for each in deliveries(engine)} == {("dead", UNSIGNED)}


def test_a_breach_is_told(engine: Engine, council: Council, receiver: Receiver) -> None:
    added(engine, council, receiver.address, topics=["clock.breached"])
    with transaction(engine) as connection:
        reference = allocated(connection, council)
    later = MONDAY + days(9)
    with transaction(engine) as connection:
        sweep(connection, now=later, worker="tests")
    told(engine, now=later)
    said = [json.loads(body) for _, body in receiver.heard]
    assert {(each["type"], each["data"]["case"]) for each in said} == {("clock.breached", reference)}
    assert "first_contact" in {each["data"]["clock"] for each in said}


def test_nothing_is_told_of_cases_the_account_may_not_see(
    engine: Engine, council: Council, receiver: Receiver
) -> None:
    added(engine, council, receiver.address, account="lead")
    with transaction(engine) as connection:
        contact(connection, council)
    assert told(engine, now=MONDAY + days(1)) == 0
    assert deliveries(engine) == []


def test_what_was_recorded_while_the_scheduler_was_down_is_told_afterwards(
    engine: Engine, council: Council, receiver: Receiver
) -> None:
    added(engine, council, receiver.address)
    with transaction(engine) as connection:
        allocated(connection, council)
    assert told(engine, now=MONDAY + days(30)) == recorded(engine) > 2


def test_a_refused_delivery_is_tried_again_and_dies_in_the_end(
    engine: Engine, council: Council, receiver: Receiver
) -> None:
    webhook = added(engine, council, receiver.address)
    with transaction(engine) as connection:
        contact(connection, council)
    receiver.answers = [500, 302, *[503] * (MOST_ATTEMPTS - 2)]
    for day in range(1, MOST_ATTEMPTS + 1):
        told(engine, now=MONDAY + days(day))
    (delivery,) = deliveries(engine)
    assert (delivery.status, delivery.attempts, delivery.answered) == ("dead", MOST_ATTEMPTS, 503)
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1
    again = MONDAY + days(20)
    with transaction(engine) as connection:
        assert send_again(connection, webhook_id=webhook.id, delivery_id=delivery.id, now=again)
    assert told(engine, now=again) == 1
    assert deliveries(engine)[0].status == "sent"


def test_a_receiver_that_is_gone_or_away_is_noted(
    engine: Engine, council: Council, receiver: Receiver
) -> None:
    added(engine, council, receiver.address)
    added(engine, council, "http://127.0.0.1:9/nobody")
    with transaction(engine) as connection:
        contact(connection, council)
    receiver.answers = [410]
    told(engine, now=MONDAY + days(1))
    gone, away = deliveries(engine)
    assert (gone.status, gone.answered) == ("dead", 410)
    assert (away.status, away.last_error) == ("waiting", "no answer (ConnectionError)")


def test_an_address_of_our_own_network_is_never_reached_unless_allowed(
    engine: Engine, council: Council, receiver: Receiver
) -> None:
    added(engine, council, receiver.address)
    added(engine, council, receiver.address.replace("http:", "https:"))
    with transaction(engine) as connection:
        contact(connection, council)
        queue_deliveries(connection, now=MONDAY + days(1))
    with public_session() as session:
        send_webhooks(engine, session, lambda: MONDAY + days(1), secret_key=KEY, plain_allowed=False)
    unencrypted, private = deliveries(engine)
    assert receiver.heard == []
    assert (unencrypted.status, private.status) == ("dead", "dead")
    assert "not encrypted" in unencrypted.last_error
    assert "EARLYHELP_WEBHOOKS_PRIVATE" in private.last_error


def test_an_ended_webhook_hears_no_more(engine: Engine, council: Council, receiver: Receiver) -> None:
    webhook = added(engine, council, receiver.address)
    with transaction(engine) as connection:
        contact(connection, council)
        queue_deliveries(connection, now=MONDAY + days(1))
        assert end_webhook(connection, webhook_id=webhook.id, now=MONDAY + days(1))
        assert not end_webhook(connection, webhook_id=webhook.id, now=MONDAY + days(1))
        contact(connection, council)
    assert told(engine, now=MONDAY + days(2)) == 0
    assert [delivery.status for delivery in deliveries(engine)] == ["dead"]


def test_old_deliveries_are_forgotten_but_for_those_that_wait(
    engine: Engine, council: Council, receiver: Receiver
) -> None:
    added(engine, council, receiver.address)
    with transaction(engine) as connection:
        contact(connection, council)
    told(engine, now=MONDAY + days(1))
    with transaction(engine) as connection:
        contact(connection, council, at=MONDAY + days(2))
        queue_deliveries(connection, now=MONDAY + days(2))
        forget_old_deliveries(connection, now=MONDAY + days(100))
    assert [delivery.status for delivery in deliveries(engine)] == ["waiting"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("address", {"address": "ftp://system.example/"}),
        ("address", {"address": "https://user:secret@system.example/"}),
        ("address", {"address": "https://system.example:port/"}),
        ("address", {"address": "https://system.example/\r\nHost: other"}),
        ("name", {"name": " \x00"}),
        ("account", {"account": "nobody@council.example"}),
        ("topics", {"topics": ["everything"]}),
    ],
)
def test_what_cannot_be_a_webhook_is_refused(
    connection: Connection, field: str, wrong: dict[str, Any]
) -> None:
    council = found_council(connection)
    good = {
        "name": "System",
        "address": "https://system.example/",
        "topics": EVERYTHING,
        "account": "manager@council.example",
        "by": council["manager"],
        "key": KEY,
        "now": MONDAY,
    }
    with pytest.raises(WebhookRefused) as refused:
        add_webhook(connection, **(good | wrong))
    assert refused.value.field == field
