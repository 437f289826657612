"""Webhooks and the log of what they were told, for administrators."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, case, func, select

from earlyhelp.records.organisation import User
from earlyhelp.records.webhooks import Webhook, WebhookDelivery

PAGE = 50


def all_webhooks(connection: Connection) -> Sequence[Any]:
    """Running ones first, with whom each acts as and how many deliveries stand where."""
    counts = (
        select(
            WebhookDelivery.webhook_id,
            _number("waiting"),
            _number("sent"),
            _number("dead"),
        )
        .group_by(WebhookDelivery.webhook_id)
        .subquery()
    )
    return connection.execute(
        select(
            *_shown(),
            func.coalesce(counts.c.waiting, 0).label("waiting"),
            func.coalesce(counts.c.sent, 0).label("sent"),
            func.coalesce(counts.c.dead, 0).label("dead"),
        )
        .join(User, User.id == Webhook.user_id)
        .outerjoin(counts, counts.c.webhook_id == Webhook.id)
        .order_by(Webhook.ended_at.is_not(None), Webhook.id)
    ).all()


def one_webhook(connection: Connection, *, webhook_id: int) -> Any | None:
    return connection.execute(
        select(*_shown()).join(User, User.id == Webhook.user_id).where(Webhook.id == webhook_id)
    ).one_or_none()


def deliveries(
    connection: Connection, *, webhook_id: int, before: int | None = None, limit: int = PAGE
) -> Sequence[Any]:
    """What it was told, newest first, one more than `limit` if there is more."""
    statement = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if before is not None:
        statement = statement.where(WebhookDelivery.id < before)
    return connection.execute(statement.order_by(WebhookDelivery.id.desc()).limit(limit + 1)).all()


def _shown() -> tuple[Any, ...]:
    """Everything but the secret."""
    return (
        Webhook.id,
        Webhook.name,
        Webhook.address,
        Webhook.topics,
        Webhook.created_at,
        Webhook.ended_at,
        User.email.label("acts_as"),
    )


def _number(status: str) -> Any:
    return func.sum(case((WebhookDelivery.status == status, 1), else_=0)).label(status)
