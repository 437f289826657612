"""Telling partners' systems of changes: who is told, and what there is to tell.

Changes are found by looking at what was recorded, not by writing more with every action: a council without webhooks
pays nothing for them.
"""

import base64
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import Connection, Select, delete, insert, literal, select, update

from earlyhelp.casework.sealing import WEBHOOKS, seal
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.permissions import Person, load_person, person_by_email, visible_cases
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.clocks import Alert
from earlyhelp.records.webhooks import Webhook, WebhookDelivery

TOPICS = {
    "case.changed": "Something was recorded on a case",
    "clock.breached": "A time limit was breached",
}
SECRET_PREFIX = "whsec_"
OVERLAP = timedelta(minutes=10)
"""Looked at again each time: longer than any transaction that could still bring in something of an earlier moment."""
KEPT_FOR = timedelta(days=90)
MOST_AT_ONCE = 1000
LONGEST_NAME = 100


class WebhookRefused(Exception):
    """The webhook cannot be made; `field` is what is wrong with it."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class Added(NamedTuple):
    """A new webhook, and its secret: the only time it is shown."""

    id: int
    secret: str


def add_webhook(
    connection: Connection,
    *,
    name: str,
    address: str,
    topics: Iterable[str],
    account: str,
    by: Person,
    key: str,
    now: datetime,
) -> Added:
    """Tell that address, from now on, of what the account of that e-mail address may see. Raises WebhookRefused.

    The secret is kept sealed by `key`: see sealing.py.
    """
    system = CONTROL_CHARACTERS.sub("", name).strip()
    if not system or len(system) > LONGEST_NAME:
        raise WebhookRefused("name", f"Say which system it is, in 1 to {LONGEST_NAME} characters")
    checked = checked_address(address)
    acts_as = None if CONTROL_CHARACTERS.search(account) else person_by_email(connection, email=account)
    if acts_as is None:
        raise WebhookRefused("account", "There is no active account of that e-mail address")
    chosen = sorted(set(topics) & TOPICS.keys())
    if not chosen:
        raise WebhookRefused("topics", "Choose what it is told of")
    secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()
    made = connection.execute(
        insert(Webhook)
        .values(
            name=system,
            address=checked,
            sealed_secret=seal(secret, key=key, purpose=WEBHOOKS),
            topics=",".join(chosen),
            user_id=acts_as.id,
            looked_until=now,
            created_at=now,
            created_by_id=by.id,
        )
        .returning(Webhook.id)
    ).scalar_one()
    return Added(int(made), secret)


def checked_address(address: str) -> str:
    """The address if it is one of the web without a password in it; WebhookRefused otherwise."""
    text = address.strip()
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or len(text) > 500 or any(ord(letter) <= 32 for letter in text):
        raise WebhookRefused("address", "Enter an address like https://system.example.org/earlyhelp")
    if parts.username or parts.password:
        raise WebhookRefused("address", "Leave user name and password out of the address")
    return text


def end_webhook(connection: Connection, *, webhook_id: int, now: datetime) -> bool:
    """Tell that address no more; what waits is not sent. False when it had ended or never was."""
    ended = connection.execute(
        update(Webhook).where(Webhook.id == webhook_id, Webhook.ended_at.is_(None)).values(ended_at=now)
    )
    connection.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.status == "waiting")
        .values(status="dead", last_error="the webhook was ended")
    )
    return ended.rowcount == 1


def send_again(connection: Connection, *, webhook_id: int, delivery_id: int, now: datetime) -> bool:
    """Let a delivery that failed for good be tried anew; False when it is none of this running webhook."""
    running = select(Webhook.id).where(Webhook.id == webhook_id, Webhook.ended_at.is_(None))
    revived = connection.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.id == delivery_id,
            WebhookDelivery.webhook_id.in_(running),
            WebhookDelivery.status == "dead",
        )
        .values(status="waiting", attempts=0, next_attempt_at=now)
    )
    return revived.rowcount == 1


def queue_deliveries(connection: Connection, *, now: datetime) -> int:
    """Queue what every running webhook is to be told and was not yet; returns how many. Running it again adds none."""
    running = connection.execute(
        select(Webhook).where(Webhook.ended_at.is_(None)).order_by(Webhook.id).with_for_update()
    ).all()
    return sum(_queue(connection, webhook, now) for webhook in running)


def forget_old_deliveries(connection: Connection, *, now: datetime) -> None:
    """The log of deliveries goes back 90 days; what still waits stays."""
    connection.execute(
        delete(WebhookDelivery).where(
            WebhookDelivery.created_at < now - KEPT_FOR, WebhookDelivery.status != "waiting"
        )
    )


def _queue(connection: Connection, webhook: Any, now: datetime) -> int:
    person = load_person(connection, user_id=webhook.user_id, now=now)
    if person is None:
        return 0
    found: list[tuple[datetime, dict[str, Any]]] = []
    for topic in webhook.topics.split(","):
        found += [(row.at, _body(topic, row)) for row in _news(connection, webhook, topic, person)]
    found.sort(key=lambda each: each[0])
    now_told = found[:MOST_AT_ONCE]
    if now_told:
        connection.execute(insert(WebhookDelivery), [_row(webhook.id, body, now) for _, body in now_told])
    until = now if len(now_told) == len(found) < MOST_AT_ONCE else now_told[-1][0]
    connection.execute(update(Webhook).where(Webhook.id == webhook.id).values(looked_until=until))
    return len(now_told)


def _row(webhook_id: int, body: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "webhook_id": webhook_id,
        "key": body["id"],
        "topic": body["type"],
        "body": body,
        "created_at": now,
        "status": "waiting",
        "next_attempt_at": now,
    }


def _news(connection: Connection, webhook: Any, topic: str, person: Person) -> Sequence[Any]:
    """What was recorded since, with some minutes again: a transaction may end after one that began later."""
    statement, at, number = (
        (_breaches(), Alert.raised_at, Alert.id)
        if topic == "clock.breached"
        else (_events(), Event.recorded_at, Event.id)
    )
    since = max(webhook.created_at, webhook.looked_until - OVERLAP)
    key = statement.selected_columns["key"].element
    told = select(WebhookDelivery.id).where(
        WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.key == key
    )
    return connection.execute(
        statement.where(at >= since, visible_cases(person), ~told.exists())
        .order_by(at, number)
        .limit(MOST_AT_ONCE)
    ).all()


def _events() -> Select[*tuple[Any, ...]]:
    return select(
        literal("event-").concat(Event.id).label("key"),
        Event.recorded_at.label("at"),
        Case.reference,
        Event.sequence,
        Event.action,
        Event.from_state,
        Event.to_state,
        Event.occurred_at,
    ).join(Case, Case.id == Event.case_id)


def _breaches() -> Select[*tuple[Any, ...]]:
    return (
        select(
            literal("alert-").concat(Alert.id).label("key"),
            Alert.raised_at.label("at"),
            Case.reference,
            Alert.clock,
            Alert.fell_due_at,
        )
        .join(Case, Case.id == Alert.case_id)
        .where(Alert.stage == "breach")
    )


def _body(topic: str, row: Any) -> dict[str, Any]:
    """What the receiver gets: references and names of the pathway, never a person's."""
    said = {name: value for name, value in row._mapping.items() if name not in {"key", "at", "reference"}}
    data = {"case": row.reference, **{name: _written(value) for name, value in said.items()}}
    return {"id": row.key, "type": topic, "timestamp": _written(row.at), "data": data}


def _written(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
