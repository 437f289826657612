"""Made-up families: names, ages, addresses, and which of them come back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from earlyhelp.simulation.data import drawn

YEAR = 365.25
CHILDREN = {1: 58.0, 2: 26.0, 3: 12.0, 4: 4.0}
KNOWN_NHS_NUMBER = 0.6
DISABLED = 0.12
WITHIN = timedelta(days=365)
AGES = {
    "under_1": (0.02, 0.99),
    "1_to_4": (1.0, 4.99),
    "5_to_9": (5.0, 9.99),
    "10_to_15": (10.0, 15.99),
    "16_to_17": (16.0, 17.6),
}
"""Years from and to of each band in the council's file; `unborn` is apart."""


@dataclass
class Family:
    """A family as the front door hears of it. `last_contact` makes it one that may come back."""

    children: list[dict[str, Any]]
    last_contact: datetime | None = None
    open_case: Any = None
    unborn: bool = False


@dataclass
class Families:
    """All the families of the town, in the order in which they were first heard of."""

    culture: Mapping[str, Any]
    council: Mapping[str, Any]
    known: list[Family] = field(default_factory=list)
    numbered: int = 0

    def returning(self, dice: Random, at: datetime) -> Family | None:
        """A family heard of within a year, the latest most often; None when there is none yet."""
        recent = [
            family
            for family in self.known
            if family.last_contact is not None
            and at - WITHIN < family.last_contact < at
            and not family.unborn
        ]
        if not recent:
            return None
        weights = [2.0 - (at - (family.last_contact or at)) / WITHIN for family in recent]
        return dice.choices(recent, weights=weights)[0]

    def new(self, dice: Random, on: date) -> Family:
        """A family never heard of before."""
        culture = drawn(dice, {n: c["share"] for n, c in enumerate(self.culture["cultures"])})
        people = self.culture["cultures"][culture]
        name = dice.choice(people["families"])
        home = self._home(dice)
        ethnicity = drawn(dice, people["ethnicities"])
        family = Family(children=[])
        for band in self._ages(dice):
            child = {
                "family_name": name,
                "ethnicity": ethnicity,
                **home,
                **self._child(dice, people, on, band),
            }
            family.unborn = family.unborn or band == "unborn"
            family.children.append(child)
        self.known.append(family)
        return family

    def _ages(self, dice: Random) -> list[str]:
        """The band of each child; at most one is unborn."""
        count = drawn(dice, CHILDREN)
        first = drawn(dice, self.council["ages"])
        born = {band: share for band, share in self.council["ages"].items() if band != "unborn"}
        return [first, *(drawn(dice, born) for _ in range(count - 1))]

    def _child(self, dice: Random, people: Mapping[str, Any], on: date, band: str) -> dict[str, Any]:
        if band == "unborn":
            expected = on + timedelta(days=dice.randint(20, 180))
            return {"given_name": "Unborn", "expected_birth_on": expected, "gender": "not_stated"}
        gender = "female" if dice.random() < 0.47 else "male"
        given_name = dice.choice(people["girls" if gender == "female" else "boys"])
        born = on - timedelta(days=round(dice.uniform(*AGES[band]) * YEAR))
        child: dict[str, Any] = {"given_name": given_name, "date_of_birth": born, "gender": gender}
        child["disabled"] = dice.random() < DISABLED
        if dice.random() < KNOWN_NHS_NUMBER:
            child["nhs_number"] = self._nhs_number()
        return child

    def _home(self, dice: Random) -> dict[str, str]:
        """An address; few letters of a postcode are shared by chance, so that strangers do not become one child."""
        letters = "ABDEFGHJLNPQRSTUWXYZ"
        end = f"{dice.randint(1, 9)}{dice.choice(letters)}{dice.choice(letters)}"
        street = dice.choice(self.culture["streets"]["names"])
        district = dice.randint(1, self.council["districts"])
        return {
            "address": f"{dice.randint(1, 180)} {street}, Millbrook",
            "postcode": f"{self.council['area']}{district} {end}",
        }

    def _nhs_number(self) -> str:
        """The next number of the synthetic range (9xx), which is never given to a patient."""
        while True:
            self.numbered += 1
            nine = f"9{(self.numbered * 7_654_321) % 10**8:08d}"
            check = (
                11
                - sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
            )
            if check != 10:
                return f"{nine}{0 if check == 11 else check}"
