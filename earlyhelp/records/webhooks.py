"""Addresses of partners' systems that are told of changes, and each telling."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class Webhook(Base):
    """One address, told only of cases that its account may see."""

    __tablename__ = "webhooks"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(500))
    sealed_secret: Mapped[str] = mapped_column(String(400))
    """Signs what is sent; the receiver holds the same. Encrypted at rest: casework/sealing.py."""
    topics: Mapped[str] = mapped_column(String(100))
    """Names with commas: casework/webhooks.py."""
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    looked_until: Mapped[datetime]
    """What was recorded before is queued, or was before the webhook."""
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """One change told to one webhook, once: the UNIQUE constraint is the promise. It names no child."""

    __tablename__ = "webhook_deliveries"
    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"))
    key: Mapped[str] = mapped_column(String(40))
    """Names the cause; the receiver knows by it what it has had already."""
    topic: Mapped[str] = mapped_column(String(30))
    body: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    """waiting, sent or dead"""
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    answered: Mapped[int | None]
    """The status of the last answer."""
    last_error: Mapped[str | None] = mapped_column(String(300))
    __table_args__ = (
        UniqueConstraint("webhook_id", "key"),
        Index(None, "webhook_id", "id"),
        Index(
            "ix_webhook_deliveries_waiting",
            "next_attempt_at",
            "id",
            postgresql_where=text("status = 'waiting'"),
            sqlite_where=text("status = 'waiting'"),
        ),
    )
