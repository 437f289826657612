"""Whether a person who is recorded is the one described: how sure, and why, in words for the screener.

Evidence adds up, as Fellegi and Sunter taught: each agreement counts as much as it is rare between strangers, each
contradiction takes away. Three rules stand above the sum, because they are what goes wrong with families:

- another given name is another child, unless a number says otherwise: twins share all the rest;
- another date of birth, beyond a slip of the pen, is another person: a brother, or the father of the same name;
- two different NHS numbers are two people, unless the names, the birth date and the address all say otherwise.
"""

from enum import IntEnum
from typing import NamedTuple

from earlyhelp.matching.births import nearness
from earlyhelp.matching.described import Described
from earlyhelp.matching.likeness import Likeness, likeness_of_family, likeness_of_given
from earlyhelp.matching.names import FREQUENT_FAMILY, FREQUENT_GIVEN, written
from earlyhelp.matching.numbers import last_digits, same_address, squeezed_postcode


class Strength(IntEnum):
    """How sure. Only what is certain is linked without asking anybody."""

    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3


class Match(NamedTuple):
    """One recorded person who may be the one described."""

    strength: Strength
    score: float
    reasons: tuple[str, ...]


class Evidence(NamedTuple):
    """One thing compared: what it adds, and how it is said, if it is worth saying."""

    weight: float
    words: str = ""


LIKELY, POSSIBLE = 10.5, 8.0
GIVEN = {
    Likeness.SAME: Evidence(4, "same first name"),
    Likeness.FORM: Evidence(3, "another form of the first name"),
    Likeness.PART: Evidence(3, "part of the first name is the same"),
    Likeness.ALIKE: Evidence(2.5, "first name is written or sounds alike"),
    Likeness.INITIAL: Evidence(1, "same initial"),
    Likeness.MISSING: Evidence(0),
    Likeness.DIFFERENT: Evidence(-6, "but the first names differ"),
}
FAMILY = {
    Likeness.SAME: Evidence(4, "same surname"),
    Likeness.PART: Evidence(3, "part of the surname is the same"),
    Likeness.ALIKE: Evidence(2.5, "surname is written or sounds alike"),
    Likeness.MISSING: Evidence(0),
    Likeness.DIFFERENT: Evidence(-2.5, "but the surnames differ"),
}
BIRTH = {
    "same": Evidence(6, "same date of birth"),
    "swapped": Evidence(4, "day and month of birth the other way round"),
    "one_digit": Evidence(3, "one digit of the date of birth differs"),
    "year_off": Evidence(2.5, "born one year apart, on the same day"),
    "different": Evidence(-8, "but the dates of birth differ"),
}
NOTHING = Evidence(0)
FREQUENT = -0.75


def compare(typed: Described, known: Described) -> Match | None:
    """How sure it is that the two are one person, or None where nobody should be asked."""
    given, family, swapped = _names(typed, known)
    birth = _birth(typed, known)
    numbers = _numbers(typed, known)
    number_agrees = any(one.weight > 0 for one in numbers)
    if not number_agrees and (given is Likeness.DIFFERENT or birth is BIRTH["different"]):
        return None
    names = _names_said(given, family, swapped)
    frequent = _frequent(typed, given, family)
    found = [*numbers, *names, birth, *_place(typed, known), _gender(typed, known), frequent]
    score = sum(one.weight for one in found)
    strength = _strength(score, number_agrees, _is_certain(typed, known, given, family, numbers))
    if strength is None:
        return None
    if strength is Strength.LIKELY and not _may_be_likely(typed, known, given, birth, number_agrees):
        strength = Strength.POSSIBLE
    return Match(strength, round(score, 2), tuple(one.words for one in found if one.words))


def _strength(score: float, number_agrees: bool, certain: bool) -> Strength | None:
    if certain:
        return Strength.CERTAIN
    if score >= LIKELY:
        return Strength.LIKELY
    return Strength.POSSIBLE if score >= POSSIBLE or number_agrees else None


def _may_be_likely(
    typed: Described, known: Described, given: Likeness, birth: Evidence, number_agrees: bool
) -> bool:
    """Without a first name, or without a date of birth, it may be any child of the household. With a slip in the
    date of birth and at another address, it may be any child of that name: in a city there are several."""
    if given in {Likeness.MISSING, Likeness.INITIAL, Likeness.DIFFERENT}:
        return False
    if number_agrees or birth is BIRTH["same"]:
        return True
    elsewhere = bool(typed.postcode and known.postcode) and not _same_postcode(typed, known)
    return birth is not NOTHING and not elsewhere


def _is_certain(
    typed: Described,
    known: Described,
    given: Likeness,
    family: Likeness,
    numbers: list[Evidence],
) -> bool:
    """A number that agrees, with birth date and first name; or the exact names, birth date and postcode."""
    if typed.date_of_birth is None or typed.date_of_birth != known.date_of_birth:
        return False
    if any(one.weight < 0 for one in numbers):
        return False
    if any(one.words in LASTING for one in numbers):
        return given in {Likeness.SAME, Likeness.FORM, Likeness.PART, Likeness.ALIKE}
    exact = given is Likeness.SAME and family is Likeness.SAME and _same_postcode(typed, known)
    return exact and written(typed.given_name).joined == written(known.given_name).joined


def _names(typed: Described, known: Described) -> tuple[Likeness, Likeness, bool]:
    """How alike given and family names are, as they stand or, where that fits better, changed over."""
    given = likeness_of_given(typed.given_name, known.given_name)
    family = likeness_of_family(typed.family_name, known.family_name)
    if given is Likeness.SAME and family is Likeness.SAME:
        return given, family, False
    turned_given = likeness_of_given(typed.given_name, known.family_name)
    turned_family = likeness_of_family(typed.family_name, known.given_name)
    turned = GIVEN[turned_given].weight + FAMILY[turned_family].weight
    if turned > GIVEN[given].weight + FAMILY[family].weight and turned >= 5:
        return turned_given, turned_family, True
    return given, family, False


def _names_said(given: Likeness, family: Likeness, swapped: bool) -> list[Evidence]:
    said = [GIVEN[given], FAMILY[family]]
    return [*said, Evidence(-0.5, "first name and surname changed over")] if swapped else said


def _birth(typed: Described, known: Described) -> Evidence:
    if typed.date_of_birth is None or known.date_of_birth is None:
        return NOTHING
    return BIRTH[nearness(typed.date_of_birth, known.date_of_birth)]


NHS_SAME, UPN_SAME = "NHS number is the same", "UPN is the same"
LASTING = frozenset({NHS_SAME, UPN_SAME})
"""Numbers that a person has for life. A telephone is the family's."""


def _numbers(typed: Described, known: Described) -> list[Evidence]:
    """A UPN is now and then given anew, an NHS number hardly ever."""
    nhs = _number(
        typed.nhs_number, known.nhs_number, Evidence(12, NHS_SAME), -9, "but the NHS numbers differ"
    )
    upn = _number(typed.upn, known.upn, Evidence(10, UPN_SAME), -5, "but the UPNs differ")
    return [nhs, upn]


def _number(one: str, other: str, same: Evidence, differs: float, words: str) -> Evidence:
    if not one or not other:
        return NOTHING
    return same if one == other else Evidence(differs, words)


def _place(typed: Described, known: Described) -> list[Evidence]:
    """Address and telephone. Families move: another address says next to nothing."""
    found = []
    if _same_postcode(typed, known):
        home = same_address(typed.address, known.address)
        found.append(Evidence(4, "same address") if home else Evidence(3, "same postcode"))
    elif typed.postcode and known.postcode:
        found.append(Evidence(-0.5))
    if (phone := last_digits(typed.phone)) and phone == last_digits(known.phone):
        found.append(Evidence(3, "same telephone number"))
    return found


def _same_postcode(typed: Described, known: Described) -> bool:
    return bool(typed.postcode) and squeezed_postcode(typed.postcode) == squeezed_postcode(known.postcode)


def _gender(typed: Described, known: Described) -> Evidence:
    both = {typed.gender, known.gender}
    return Evidence(-1.5) if both == {"male", "female"} else NOTHING


def _frequent(typed: Described, given: Likeness, family: Likeness) -> Evidence:
    """Sharing a name that many have says less."""
    weight = 0.0
    if given is Likeness.SAME and written(typed.given_name).joined in FREQUENT_GIVEN:
        weight += FREQUENT
    if family is Likeness.SAME and written(typed.family_name).joined in FREQUENT_FAMILY:
        weight += FREQUENT
    return Evidence(weight)
