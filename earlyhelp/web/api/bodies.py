"""What callers send. The same models validate and describe themselves in the OpenAPI document.

Where a pathway judges a value, the model lets it pass: then everything that is wrong is told at once.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from earlyhelp.records.base import LARGEST_ID

COMPONENTS = "#/components/schemas/"
MOST_CHILDREN = 30


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("Must not be blank")
    return text


Moment = Annotated[
    str, StringConstraints(min_length=16, max_length=40), Field(json_schema_extra={"format": "date-time"})
]
Words = Annotated[
    str,
    StringConstraints(max_length=20_000),
    AfterValidator(_not_blank),
    Field(json_schema_extra={"pattern": r"\S"}),
]
Code = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Text = Annotated[Any, WithJsonSchema({"type": "string"})]
MaybeText = Annotated[Any, WithJsonSchema({"type": ["string", "null"]})]
Codes = Annotated[Any, WithJsonSchema({"type": ["array", "null"], "items": {"type": "string"}})]
Children = Annotated[
    Any,
    WithJsonSchema(
        {"type": "array", "items": {"$ref": f"{COMPONENTS}Child"}, "minItems": 1, "maxItems": MOST_CHILDREN}
    ),
]
MaybeReferrer = Annotated[
    Any, WithJsonSchema({"anyOf": [{"$ref": f"{COMPONENTS}Referrer"}, {"type": "null"}]})
]


class Sent(BaseModel):
    """A body: nothing unknown, nothing guessed from another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ContactSent(Sent):
    """A contact, or what another opening action of the pathway asks for in `fields`."""

    children: Children = Field(default=None, description="At least one")
    source: Text = Field(default=None, description="A national contact source code, 1A to 10")
    channel: Text = Field(
        default=None, description="telephone, email, online_form, letter, in_person, system"
    )
    received_at: MaybeText = Field(default=None, description="ISO 8601 with an offset; now when absent")
    agreement: Text = Field(default=None, description="given, refused or not_sought")
    agreement_note: MaybeText = Field(
        default=None, description="Who agreed and how, or why it was not sought"
    )
    sharing_basis: MaybeText = Field(default=None, description="Lawful basis of sharing this information")
    presenting_needs: Codes = Field(default=None, description="Codes of the needs told")
    worries: Text = Field(default=None, description="What is worrying")
    strengths: Text = Field(default=None, description="What is working well")
    referrer: MaybeReferrer = Field(default=None, description="Who tells")
    pathway: Code | None = None
    action: Code | None = Field(default=None, description="Another opening action, such as step_down")
    fields: dict[str, Any] | None = Field(default=None, description="What else the opening action asks for")
    reason: Words | None = None

    def declared(self) -> dict[str, Any]:
        """What the opening action reads."""
        own = {"referrer", "children", "pathway", "action", "fields", "received_at", "reason"}
        told = {name: value for name, value in self.model_dump(exclude=own).items() if value is not None}
        return {**(self.fields or {}), **told}


class ActionSent(Sent):
    """One action on a case, with the version of the case that the caller has seen."""

    version: int | None = Field(
        default=None, ge=0, le=LARGEST_ID, description="The version you have seen; or send it as If-Match"
    )
    occurred_at: Moment | None = None
    reason: Words | None = None
    fields: dict[str, Any] = {}


class AcknowledgementSent(Sent):
    """A promise: what will happen, and by when; without `by`, by the end of the next working day."""

    note: Words
    by: Moment | None = None
