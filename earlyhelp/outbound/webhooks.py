"""Sending what webhooks are to be told, signed as Standard Webhooks 1.0 says (standardwebhooks.com)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import requests
from sqlalchemy import Connection, Engine, select, update

from earlyhelp.casework.sealing import WEBHOOKS, unseal
from earlyhelp.openreferral.connecting import NotPublic
from earlyhelp.outbound.sending import BACKOFF, LEASE, MOST_ATTEMPTS
from earlyhelp.records.database import transaction
from earlyhelp.records.webhooks import Webhook, WebhookDelivery

SECONDS_TO_ANSWER = 10
MOST_AT_ONCE = 200
GONE = 410
"""A receiver that answers so wants to hear no more of this (Standard Webhooks, responses)."""
PRIVATE = "the address lies within a network: EARLYHELP_WEBHOOKS_PRIVATE must allow that"
UNENCRYPTED = "the address is not encrypted: give one that begins with https://"
UNSIGNED = "its secret cannot be read: EARLYHELP_SECRET_KEY is missing, or was changed since it was added"


@dataclass(frozen=True)
class _Claimed:
    id: int
    attempts: int
    address: str
    sealed_secret: str
    key: str
    body: dict[str, Any]


class _Outcome(NamedTuple):
    status: str
    answered: int | None = None
    error: str | None = None


def send_webhooks(
    engine: Engine,
    session: requests.Session,
    now: Callable[[], datetime],
    *,
    secret_key: str,
    plain_allowed: bool,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Try every delivery whose time has come; returns how many were taken. Any number of processes may run it.

    `secret_key` is the installation's: what was sealed by another cannot be signed, and is not sent.
    Where it dies between sending and recording, the delivery is sent again, under the same `webhook-id`.
    """
    taken = 0
    for _ in range(MOST_AT_ONCE):
        if stopping():
            break
        with transaction(engine) as connection:
            claimed = _claim(connection, now())
        if claimed is None:
            break
        secret = unseal(claimed.sealed_secret, key=secret_key, purpose=WEBHOOKS)
        outcome = (
            _send(session, claimed, secret, now(), plain_allowed)
            if secret
            else _Outcome("dead", error=UNSIGNED)
        )
        with transaction(engine) as connection:
            _record(connection, claimed, outcome, now())
        taken += outcome.status == "sent"
    return taken


def signature(secret: str, *, key: str, timestamp: int, body: bytes) -> str:
    """The signature of one message: HMAC-SHA256 over id, time and body, under the decoded secret."""
    signing = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{key}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(signing, signed, hashlib.sha256).digest()).decode()


def _claim(connection: Connection, at: datetime) -> _Claimed | None:
    row = connection.execute(
        select(WebhookDelivery, Webhook.address, Webhook.sealed_secret)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(WebhookDelivery.status == "waiting", WebhookDelivery.next_attempt_at <= at)
        .order_by(WebhookDelivery.next_attempt_at, WebhookDelivery.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=WebhookDelivery)
    ).one_or_none()
    if row is None:
        return None
    connection.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == row.id)
        .values(attempts=row.attempts + 1, next_attempt_at=at + LEASE)
    )
    return _Claimed(row.id, row.attempts + 1, row.address, row.sealed_secret, row.key, row.body)


def _send(
    session: requests.Session, claimed: _Claimed, secret: str, at: datetime, plain_allowed: bool
) -> _Outcome:
    if not plain_allowed and not claimed.address.startswith("https://"):
        return _Outcome("dead", error=UNENCRYPTED)
    body, timestamp = json.dumps(claimed.body).encode(), int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "earlyhelp webhook",
        "webhook-id": claimed.key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, key=claimed.key, timestamp=timestamp, body=body),
    }
    try:
        # Redirects are not followed: they could lead what is signed for one system to another.
        with session.post(
            claimed.address,
            data=body,
            headers=headers,
            timeout=SECONDS_TO_ANSWER,
            allow_redirects=False,
            stream=True,
        ) as answer:
            return _judged(answer.status_code, claimed.attempts)
    except (requests.RequestException, ValueError) as fault:
        if _within_a_network(fault):
            return _Outcome("dead", error=PRIVATE)
        return _Outcome(_after(claimed.attempts), error=f"no answer ({type(fault).__name__})")


def _within_a_network(fault: BaseException | None) -> bool:
    """Whether an address of our own network was behind it: the HTTP library wraps what stopped the connection."""
    return fault is not None and (isinstance(fault, NotPublic) or _within_a_network(fault.__context__))


def _judged(status: int, attempts: int) -> _Outcome:
    if 200 <= status < 300:
        return _Outcome("sent", status)
    words = f"the receiver answered {status}"
    return _Outcome("dead" if status == GONE else _after(attempts), status, words)


def _after(attempts: int) -> str:
    return "waiting" if attempts < MOST_ATTEMPTS else "dead"


def _record(connection: Connection, claimed: _Claimed, outcome: _Outcome, at: datetime) -> None:
    values: dict[str, Any] = {
        "status": outcome.status,
        "answered": outcome.answered,
        "last_error": outcome.error,
    }
    if outcome.status == "sent":
        values["sent_at"] = at
    if outcome.status == "waiting":
        values["next_attempt_at"] = at + BACKOFF[claimed.attempts - 1]
    connection.execute(update(WebhookDelivery).where(WebhookDelivery.id == claimed.id).values(values))
