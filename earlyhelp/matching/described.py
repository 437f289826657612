"""What is known of a person when two are compared."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Described:
    """A person as somebody typed them, or as they are recorded. Empty means not known."""

    given_name: str = ""
    family_name: str = ""
    date_of_birth: date | None = None
    gender: str = ""
    postcode: str = ""
    address: str = ""
    nhs_number: str = ""
    upn: str = ""
    phone: str = ""
