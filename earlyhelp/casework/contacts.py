"""What a contact says, checked before anything is written. One shape for the page, the API, imports and partners."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from stdnum.gb import nhs, upn

from earlyhelp.pathway.facts import BadFields

NO_CONTROL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
NameLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=NO_CONTROL)]
LongLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=NO_CONTROL)]
PublicId = Annotated[str, StringConstraints(max_length=20, pattern=r"^[A-Z0-9]+$")]
Gender = Literal["male", "female", "neither", "not_stated"]
ETHNICITIES = frozenset(
    {
        *("WBRI", "WIRI", "WIRT", "WOTH", "WROM", "MWBC", "MWBA", "MWAS", "MOTH", "AIND"),
        *("APKN", "ABAN", "AOTH", "BCRB", "BAFR", "BOTH", "CHNE", "OOTH", "REFU", "NOBT"),
    }
)
"""The 20 national codes (CBDS, Annex A)."""
NO_DISABILITY = "NONE"
DISABILITIES = frozenset(
    {
        *("NONE", "MOB", "HAND", "PC", "INC", "COMM", "LD", "HEAR", "VIS", "BEH", "CON", "AUT", "DDA"),
    }
)
"""The 13 national codes (children in need census)."""
POSTCODE = re.compile(r"^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$")
EMAIL = re.compile(r"^[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+\.[A-Za-z0-9-]{2,}$")
LONGEST_UPRN = 12
EARLIEST_BIRTH = date(1900, 1, 1)


class Told(BaseModel):
    """Anything told from outside: unknown keys are refused, and nothing is guessed from another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def written_date(value: object) -> object:
    if value is None or value == "" or isinstance(value, date):
        return value or None
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("Must be a date written as 2019-04-23")
    return value


def possible_birth(value: date | None) -> date | None:
    if value is not None and value < EARLIEST_BIRTH:
        raise ValueError("The date of birth must be after 1 January 1900")
    return value


def written_postcode(value: str | None) -> str | None:
    """The postcode as it is printed, with its space."""
    if value is None or not value.strip():
        return None
    squeezed = re.sub(r"\s+", "", value).upper()
    if not POSTCODE.match(squeezed):
        raise ValueError("Must be a full UK postcode, like WS1 1TP")
    return f"{squeezed[:-3]} {squeezed[-3:]}"


def written_uprn(value: str | None) -> str | None:
    """The unique property reference number without leading zeros. It has no check digit."""
    if value is None or not value.strip():
        return None
    squeezed = re.sub(r"\s+", "", value)
    number = squeezed.lstrip("0")
    if not (squeezed.isascii() and squeezed.isdigit() and 1 <= len(number) <= LONGEST_UPRN):
        raise ValueError("Must be a UPRN: up to 12 digits")
    return number


class Child(Told):
    """A child as the referrer knows them. Any of it but a name may be missing.

    `person` links a known child; `not_known_as` names those who were suggested and are not this child.
    """

    given_name: NameLine = ""
    family_name: NameLine = ""
    date_of_birth: Annotated[date | None, Field(strict=False)] = None
    expected_birth_on: Annotated[date | None, Field(strict=False)] = None
    gender: Gender = "not_stated"
    ethnicity: str = "NOBT"
    disabilities: Annotated[list[str], Field(max_length=20)] = []
    disabled: Annotated[bool | None, Field(validate_default=True)] = None
    nhs_number: str | None = None
    upn: str | None = None
    address: LongLine = ""
    postcode: str | None = None
    uprn: str | None = None
    person: str | None = None
    not_known_as: Annotated[list[PublicId], Field(max_length=20)] = []

    is_a_written_date = field_validator("date_of_birth", "expected_birth_on", mode="before")(written_date)
    is_a_possible_birth = field_validator("date_of_birth")(possible_birth)
    is_a_postcode = field_validator("postcode")(written_postcode)

    @field_validator("ethnicity")
    @classmethod
    def is_a_national_code(cls, value: str) -> str:
        if value not in ETHNICITIES:
            raise ValueError(f"Must be one of the national codes: {', '.join(sorted(ETHNICITIES))}")
        return value

    @field_validator("disabilities")
    @classmethod
    def are_national_codes(cls, value: list[str]) -> list[str]:
        if not DISABILITIES.issuperset(value):
            raise ValueError(f"Must be of the national codes: {', '.join(sorted(DISABILITIES))}")
        if NO_DISABILITY in value and len(set(value)) > 1:
            raise ValueError("No disability cannot be chosen together with one")
        return sorted(set(value))

    @field_validator("disabled")
    @classmethod
    def agrees_with_the_codes(cls, value: bool | None, info: ValidationInfo) -> bool | None:
        """Whether the child is disabled follows from the codes, where there are any."""
        codes: list[str] | None = info.data.get("disabilities")
        if not codes:
            return value
        follows = codes != [NO_DISABILITY]
        if value is not None and value is not follows:
            raise ValueError("This and the disabilities chosen contradict each other")
        return follows

    @field_validator("uprn")
    @classmethod
    def is_a_uprn(cls, value: str | None) -> str | None:
        return written_uprn(value)

    @field_validator("nhs_number")
    @classmethod
    def is_an_nhs_number(cls, value: str | None) -> str | None:
        number = _number(value, nhs, "NHS number")
        if (
            number is not None and len(set(number)) == 1
        ):  # 0000000000 has a right check digit, and is nobody's
            raise ValueError("This is not a valid NHS number: check it against the source")
        return number

    @field_validator("upn")
    @classmethod
    def is_a_upn(cls, value: str | None) -> str | None:
        return _number(value, upn, "UPN")

    @model_validator(mode="after")
    def has_a_name(self) -> Self:
        if not (self.given_name or self.family_name or self.person):
            raise ValueError("Enter at least one name of the child")
        return self


class Adult(Told):
    """An adult of the family or household. `relationship` is a code; a name must be known."""

    given_name: NameLine = ""
    family_name: NameLine = ""
    relationship: Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z_]*$")] = ""
    date_of_birth: Annotated[date | None, Field(strict=False)] = None
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=NO_CONTROL)] = ""
    address: LongLine = ""
    postcode: str | None = None
    person: str | None = None

    is_a_written_date = field_validator("date_of_birth", mode="before")(written_date)
    is_a_possible_birth = field_validator("date_of_birth")(possible_birth)
    is_a_postcode = field_validator("postcode")(written_postcode)

    @model_validator(mode="after")
    def has_a_name(self) -> Self:
        if not (self.given_name or self.family_name or self.person):
            raise ValueError("Enter at least one name of the adult")
        return self


class Referrer(Told):
    """Who told us, and how to tell them what happened."""

    name: LongLine = ""
    organisation: LongLine = ""
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)] = ""
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=NO_CONTROL)] = ""

    @field_validator("email")
    @classmethod
    def is_an_address(cls, value: str) -> str:
        if value and not EMAIL.match(value):
            raise ValueError("Enter an email address in the correct format, like name@example.com")
        return value


class ContactTold(Told):
    """Who the contact is about and who told us. What else must be recorded, the pathway's action declares."""

    children: Annotated[list[Child], Field(min_length=1, max_length=30)]
    adults: Annotated[list[Adult], Field(max_length=20)] = []
    referrer: Referrer = Referrer()


def read_contact(
    children: Any, referrer: Mapping[str, Any] | None, *, today: date, adults: Any = ()
) -> ContactTold:
    """The children, adults and referrer, or BadFields with words for each fault, such as `children.0.date_of_birth`."""
    try:
        told = ContactTold.model_validate(
            {
                "children": _plain(children),
                "adults": _plain(list(adults)),
                "referrer": _plain(referrer or {}),
            }
        )
    except ValidationError as fault:
        raise BadFields(words_of(fault)) from None
    born_later = {
        f"children.{n}.date_of_birth": [
            "The date of birth must be in the past: give the expected date instead"
        ]
        for n, child in enumerate(told.children)
        if child.date_of_birth and child.date_of_birth > today
    }
    if born_later:
        raise BadFields(born_later)
    return told


def words_of(fault: ValidationError) -> dict[str, list[str]]:
    """pydantic's faults by dotted field, in our words where its own are not for practitioners."""
    errors: dict[str, list[str]] = {}
    for error in fault.errors():
        place = ".".join(str(part) for part in error["loc"]) or "contact"
        errors.setdefault(place, []).append(_words(error))
    return errors


def _words(error: Any) -> str:
    plain = {
        "missing": "This must be given",
        "extra_forbidden": "There is no such field",
        "too_short": "There must be at least one",
        "string_pattern_mismatch": "Must not contain control characters",
        "string_type": "Must be text",
        "bool_type": "Must be true or false",
        "list_type": "Must be a list",
        "date_from_datetime_parsing": "Must be a real date written as 2019-04-23",
    }
    return plain.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")


def _plain(value: Any) -> Any:
    """Empty text of a form means absent."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item is not None and item != ""}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _number(value: str | None, kind: Any, name: str) -> str | None:
    if value is None or not value.strip():
        return None
    if not kind.is_valid(value):
        raise ValueError(f"This is not a valid {name}: check it against the source")
    return str(kind.compact(value))


def received_at_of(text: Any) -> datetime | None:
    """The moment a contact was received, from ISO 8601 text with an offset; None when not given."""
    if text is None or isinstance(text, datetime):
        return text
    try:
        if not isinstance(text, str) or len(text) < 16:
            raise ValueError
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadFields(
            {"received_at": ["Must be a date and time written as 2026-03-31T14:30:00+01:00"]}
        ) from None
    if moment.tzinfo is None:
        raise BadFields({"received_at": ["Must say its offset from UTC, as in 2026-03-31T14:30:00+01:00"]})
    if not 1900 <= moment.year <= 2200:
        raise BadFields({"received_at": ["The year must be between 1900 and 2200"]})
    return moment
