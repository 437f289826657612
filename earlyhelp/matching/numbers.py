"""Postcodes, addresses and telephone numbers as they are compared."""

import re

from anyascii import anyascii

SHORTEST_PHONE = 9
STREET = {
    "street": "st",
    "road": "rd",
    "avenue": "ave",
    "close": "cl",
    "lane": "ln",
    "drive": "dr",
    "flat": "",
}


def squeezed_postcode(postcode: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", postcode.upper())


def last_digits(phone: str) -> str:
    """The end of a telephone number, the same with +44 and with 0; empty when too short to say anything."""
    digits = re.sub(r"\D", "", phone)
    return digits[-SHORTEST_PHONE:] if len(digits) >= SHORTEST_PHONE else ""


def plain_address(address: str) -> tuple[str, ...]:
    """The first words of an address, as they are compared: number and street."""
    words = re.findall(r"[a-z0-9]+", anyascii(address).casefold())
    return tuple(short for word in words if (short := STREET.get(word, word)))[:3]


def same_address(one: str, other: str) -> bool:
    """Whether two addresses begin with the same number and street."""
    mine, theirs = plain_address(one), plain_address(other)
    return len(mine) > 1 and len(theirs) > 1 and mine[:2] == theirs[:2] and any(c.isdigit() for c in mine[0])
