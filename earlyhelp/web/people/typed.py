"""A child as typed so far: whatever can be read of it counts, the rest is the form's to complain about."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from stdnum.gb import nhs, upn
from werkzeug.datastructures import MultiDict

from earlyhelp.matching.described import Described
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.web.forms.dates import DATE, Misread, read_date

LONGEST = 200


def typed_child(form: Mapping[str, str] | MultiDict[str, str], prefix: str) -> Described:
    """The child of the boxes called `children-0-given_name` and so on, where `prefix` is `children-0-`."""

    def box(name: str) -> str:
        return _clean(form.get(prefix + name))

    try:
        born = read_date({part: box(f"date_of_birth-{part}") for part in DATE})
    except Misread:
        born = None
    return _described({name: box(name) for name in TEXT}, born)


def told_child(told: Mapping[str, Any]) -> Described:
    """The same of a child as a form tells it, by the names that a contact has."""
    try:
        born = date.fromisoformat(told.get("date_of_birth") or "")
    except (TypeError, ValueError):
        born = None
    return _described({name: _clean(told.get(name)) for name in TEXT}, born)


TEXT = ("given_name", "family_name", "gender", "nhs_number", "upn", "address", "postcode")


def _described(texts: Mapping[str, str], born: date | None) -> Described:
    numbers = {
        "nhs_number": nhs.compact(texts["nhs_number"]) if nhs.is_valid(texts["nhs_number"]) else "",
        "upn": upn.compact(texts["upn"]) if upn.is_valid(texts["upn"]) else "",
    }
    return Described(**{**texts, **numbers}, date_of_birth=born)


def is_enough(typed: Described) -> bool:
    """Whether so much was typed that looking makes sense: a number, or a name and one thing more."""
    if typed.nhs_number or typed.upn:
        return True
    named = len(re.sub(r"\W", "", typed.given_name + typed.family_name)) > 2
    return named and bool(typed.date_of_birth or typed.postcode or (typed.given_name and typed.family_name))


def _clean(value: Any) -> str:
    text = value.strip()[:LONGEST] if isinstance(value, str) else ""
    return CONTROL_CHARACTERS.sub("", text)
