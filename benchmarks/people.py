"""Made-up people with a label: who typed later is who recorded before, and who only looks like it. Seeded."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.resources import files
from itertools import product
from pathlib import Path
from random import Random

from earlyhelp.matching.described import Described
from earlyhelp.matching.names import FORMS, WELL_KNOWN, written

FIRST_DAY = date(2008, 9, 1)
DAYS = 17 * 365
LETTERS = "abdeghiklmnoprstuvwy"
SURNAMES = tomllib.loads(Path(__file__).with_name("surnames.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Labelled:
    """Somebody typed, the place of the one they are (None: nobody recorded), and what kind of case it is."""

    typed: Described
    truth: int | None
    kind: str


class Makers:
    """Draws names as often as they are borne: a few by very many, most by few."""

    def __init__(self, dice: Random) -> None:
        read = tomllib.loads((files("earlyhelp.simulation") / "families.toml").read_text(encoding="utf-8"))
        given = {name for culture in read["cultures"] for name in (*culture["girls"], *culture["boys"])}
        given |= {
            name.capitalize() for name in WELL_KNOWN if len(name) > 3 and name in FORMS.get(name, {name})
        }
        short = [f"{a}{b}" for a, b in product(SURNAMES["beginnings"], SURNAMES["ends"])]
        composed = [name.capitalize() for name in (*short, *_long(short))]
        dice.shuffle(composed)
        common = [name for culture in read["cultures"] for name in culture["families"]]
        self.given = sorted(given)
        dice.shuffle(self.given)
        self.families = [*dict.fromkeys((*common, *SURNAMES["abroad"], *composed))]
        self.given_weights = [1 / (place + 15) for place in range(len(self.given))]
        self.family_weights = [1 / (place + 15) for place in range(len(self.families))]
        self.dice = dice
        self.numbers = 0

    def given_name(self) -> str:
        return self.dice.choices(self.given, self.given_weights)[0]

    def family_name(self) -> str:
        name = self.dice.choices(self.families, self.family_weights)[0]
        return (
            f"{name}-{self.dice.choices(self.families, self.family_weights)[0]}"
            if self.dice.random() < 0.06
            else name
        )

    def born(self) -> date:
        return FIRST_DAY + timedelta(days=self.dice.randrange(DAYS))

    def home(self) -> tuple[str, str]:
        dice = self.dice
        letters = "ABDEFGHJLNPQRSTUWXYZ"
        district = f"{dice.choice(['WS', 'B', 'WV', 'DY'])}{dice.randint(1, 20)}"
        postcode = f"{district} {dice.randint(1, 9)}{dice.choice(letters)}{dice.choice(letters)}"
        street = dice.choice(SURNAMES["beginnings"]).capitalize() + dice.choice(SURNAMES["ends"])
        return f"{dice.randint(1, 200)} {street} Street", postcode

    def nhs_number(self) -> str:
        """The next number of the range that is given to nobody."""
        while True:
            self.numbers += 1
            nine = f"9{(self.numbers * 7_654_321) % 10**8:08d}"
            check = 11 - sum(int(d) * w for d, w in zip(nine, range(10, 1, -1), strict=True)) % 11
            if check != 10:
                return f"{nine}{0 if check == 11 else check}"

    def child(self, family: str, home: tuple[str, str], born: date, besides: Sequence[str] = ()) -> Described:
        given = self.given_name()
        while any(_related(given, other) for other in besides):
            given = self.given_name()
        return Described(
            given_name=given,
            family_name=family,
            date_of_birth=born,
            address=home[0],
            postcode=home[1],
            nhs_number=self.nhs_number() if self.dice.random() < 0.6 else "",
        )


def _long(short: Sequence[str]) -> list[str]:
    """Names that few bear: a city of a million has tens of thousands of surnames."""
    return [f"{beginning}{name}" for beginning, name in product(SURNAMES["beginnings"], short)]


def _related(one: str, other: str) -> bool:
    """No parents call two of their children by forms of one name."""
    mine, theirs = written(one).joined, written(other).joined
    return bool(mine == theirs or FORMS.get(mine, frozenset()) & FORMS.get(theirs, frozenset()))


def town_of(count: int, makers: Makers) -> list[list[Described]]:
    """Households of together about so many children; three in a hundred have twins."""
    households: list[list[Described]] = []
    made = 0
    while made < count:
        family, home, dice = makers.family_name(), makers.home(), makers.dice
        household: list[Described] = []
        for _ in range(dice.choices((1, 2, 3, 4), (45, 35, 15, 5))[0]):
            twin = household and dice.random() < 0.03
            born = household[-1].date_of_birth if twin else makers.born()
            assert born is not None
            household.append(makers.child(family, home, born, [one.given_name for one in household]))
        households.append(household)
        made += len(household)
    return households


def labelled(count: int, households: list[list[Described]], makers: Makers) -> list[Labelled]:
    """Half are people of the town, typed as people type; half are not, and most of those look like somebody."""
    dice, found = makers.dice, []
    places = [(h, p) for h, household in enumerate(households) for p in range(len(household))]
    starts, at = [], 0
    for household in households:
        starts.append(at)
        at += len(household)
    for number in range(count):
        h, p = dice.choice(places)
        known = households[h][p]
        if number % 2:
            typed, kind = mistyped(known, makers)
            found.append(Labelled(typed, starts[h] + p, kind))
        else:
            typed, kind = stranger(households[h], known, makers)
            found.append(Labelled(typed, None, kind))
    return found


def stranger(household: list[Described], known: Described, makers: Makers) -> tuple[Described, str]:
    """Somebody who was never recorded, and whom one may well take for somebody who was."""
    home, names = (known.address, known.postcode), [one.given_name for one in household]
    assert known.date_of_birth is not None
    kind = makers.dice.choice(["twin", "sibling", "namesake", "father or son", "stranger", "stranger"])
    if kind == "twin":
        return makers.child(known.family_name, home, known.date_of_birth, names), kind
    if kind == "sibling":
        return makers.child(known.family_name, home, makers.born(), names), kind
    other = makers.child(makers.family_name(), makers.home(), makers.born())
    if kind == "namesake":
        other = replace(other, given_name=known.given_name, family_name=known.family_name)
    if kind == "father or son":
        born = known.date_of_birth - timedelta(days=makers.dice.randint(19 * 365, 40 * 365))
        other = replace(known, date_of_birth=born, nhs_number=other.nhs_number)
    return other, kind


Change = Callable[[Described, Makers], Described]


def mistyped(known: Described, makers: Makers) -> tuple[Described, str]:
    """The same person as somebody else types them: one thing wrong, sometimes two, and not everything known."""
    dice = makers.dice
    kinds = [dice.choices(list(CHANGES), [weight for _, weight in CHANGES.values()])[0]]
    if dice.random() < 0.2:
        kinds.append(dice.choices(list(CHANGES), [weight for _, weight in CHANGES.values()])[0])
    typed = known if dice.random() < 0.45 else replace(known, nhs_number="")
    if dice.random() < 0.15:
        typed = replace(typed, address="", postcode="")
    for kind in dict.fromkeys(kinds):
        typed = CHANGES[kind][0](typed, makers)
    return typed, " + ".join(dict.fromkeys(kinds))


def _as_it_is(known: Described, makers: Makers) -> Described:
    return known


def _slip(name: str, dice: Random) -> str:
    """One letter left out, doubled, wrong, or changed over with its neighbour; hardly ever the first."""
    if len(name) < 3:
        return name
    place = dice.randrange(1, len(name) - 1)
    kind = dice.choice(["out", "double", "wrong", "over"])
    if kind == "out":
        return name[:place] + name[place + 1 :]
    if kind == "double":
        return name[:place] + name[place] + name[place:]
    if kind == "wrong":
        return name[:place] + dice.choice(LETTERS) + name[place + 1 :]
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def _given_slip(known: Described, makers: Makers) -> Described:
    return replace(known, given_name=_slip(known.given_name, makers.dice))


def _family_slip(known: Described, makers: Makers) -> Described:
    return replace(known, family_name=_slip(known.family_name, makers.dice))


def _nickname(known: Described, makers: Makers) -> Described:
    name = written(known.given_name).joined
    forms = [form for form, names in FORMS.items() if names & FORMS.get(name, frozenset()) and form != name]
    return replace(known, given_name=makers.dice.choice(sorted(forms)).capitalize()) if forms else known


def _day_and_month(known: Described, makers: Makers) -> Described:
    born = known.date_of_birth
    if born is None or born.day > 12:
        return known
    return replace(known, date_of_birth=date(born.year, born.day, born.month))


def _digit_of_birth(known: Described, makers: Makers) -> Described:
    born = known.date_of_birth
    if born is None:
        return known
    if born.day > 28:
        return replace(known, date_of_birth=born.replace(month=1 if born.month == 10 else 10))
    return replace(known, date_of_birth=born.replace(day=born.day // 10 * 10 + makers.dice.randint(1, 8)))


def _year_of_birth(known: Described, makers: Makers) -> Described:
    born = known.date_of_birth
    if born is None or (born.day, born.month) == (29, 2):
        return known
    return replace(known, date_of_birth=born.replace(year=born.year + makers.dice.choice((-1, 1))))


def _moved(known: Described, makers: Makers) -> Described:
    address, postcode = makers.home()
    return replace(known, address=address, postcode=postcode)


def _hyphen(known: Described, makers: Makers) -> Described:
    first, _, second = known.family_name.partition("-")
    if not second:
        return replace(known, family_name=f"{known.family_name}-{makers.family_name()}")
    return replace(
        known, family_name=makers.dice.choice([first, second, f"{first} {second}", f"{first}{second}"])
    )


def _plain_letters(known: Described, makers: Makers) -> Described:
    given, family = written(known.given_name), written(known.family_name)
    return replace(known, given_name=given.joined.upper(), family_name=" ".join(family.parts).upper())


def _changed_over(known: Described, makers: Makers) -> Described:
    return replace(known, given_name=known.family_name, family_name=known.given_name)


def _second_name(known: Described, makers: Makers) -> Described:
    return replace(known, given_name=f"{known.given_name} {makers.given_name()}")


def _no_birth_date(known: Described, makers: Makers) -> Described:
    return replace(known, date_of_birth=None)


CHANGES: dict[str, tuple[Change, float]] = {
    "as it is": (_as_it_is, 25),
    "slip in the first name": (_given_slip, 12),
    "slip in the surname": (_family_slip, 12),
    "nickname": (_nickname, 10),
    "day and month": (_day_and_month, 6),
    "digit of the birth date": (_digit_of_birth, 5),
    "year of birth": (_year_of_birth, 2),
    "moved": (_moved, 12),
    "hyphen": (_hyphen, 5),
    "plain letters": (_plain_letters, 6),
    "names changed over": (_changed_over, 3),
    "second first name": (_second_name, 3),
    "no birth date": (_no_birth_date, 1),
}
"""What goes wrong and, of a hundred times, how often."""
