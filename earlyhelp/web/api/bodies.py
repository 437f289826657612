"""What callers send. The same models validate and describe themselves in the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Moment = Annotated[str, StringConstraints(min_length=16, max_length=40)]
Words = Annotated[str, StringConstraints(max_length=20_000, pattern=r"\S")]
Code = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class Sent(BaseModel):
    """A body: nothing unknown, nothing guessed from another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ContactSent(Sent):
    """A contact. What the pathway's opening action declares is checked by the pathway."""

    source: Any = None
    channel: Any = None
    received_at: Any = Field(default=None, description="ISO 8601 with an offset; now when absent")
    agreement: Any = None
    agreement_note: Any = None
    sharing_basis: Any = None
    presenting_needs: Any = None
    worries: Any = None
    strengths: Any = None
    referrer: dict[str, Any] | None = None
    children: list[Any] = Field(description="At least one child")
    pathway: Code | None = None
    action: Code | None = Field(default=None, description="Another opening action, such as step_down")
    fields: dict[str, Any] | None = Field(default=None, description="Fields of another opening action")
    reason: Words | None = None

    def declared(self) -> dict[str, Any]:
        """What the opening action reads."""
        own = {"referrer", "children", "pathway", "action", "fields", "received_at", "reason"}
        told = {name: value for name, value in self.model_dump(exclude=own).items() if value is not None}
        return {**told, **(self.fields or {})}


class ActionSent(Sent):
    """One action on a case, with the version of the case that the caller has seen."""

    version: int = Field(ge=0, le=2**31)
    occurred_at: Moment | None = None
    reason: Words | None = None
    fields: dict[str, Any] = {}


class AcknowledgementSent(Sent):
    """A promise: what will happen, and by when."""

    note: Words
    by: Moment | None = None


def moment_of(text: str | None, name: str) -> datetime | None:
    """A moment with its offset, or None; ValueError words are the caller's to read."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("Must be a date and time written as 2026-03-31T14:30:00+01:00") from None
    if moment.tzinfo is None:
        raise ValueError("Must say its offset from UTC, as in 2026-03-31T14:30:00+01:00")
    if not 1900 <= moment.year <= 2200:
        raise ValueError("The year must be between 1900 and 2200")
    return moment
