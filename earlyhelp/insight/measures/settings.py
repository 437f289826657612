"""The council's own numbers that measures need: population, targets, time limits that no clock keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from earlyhelp.records.organisation import CouncilSetting

POPULATION = "population_0_17"
FROM_CONTACT = "assessment_days_from_contact"
NEAR = "target_near_percent"
TARGET = "target."
"""Before a measure's key: the setting of its target."""
STARTING: Mapping[str, float] = {FROM_CONTACT: 15, NEAR: 5}
"""Until the council says otherwise: 15 working days from the contact (Walsall 2013), near is within 5 per cent."""


@dataclass(frozen=True)
class CouncilNumbers:
    """Numbers of the settings table. A target is None where the council has set none."""

    population: float | None = None
    assessment_days_from_contact: int = int(STARTING[FROM_CONTACT])
    near_percent: float = STARTING[NEAR]
    targets: Mapping[str, float] = field(default_factory=dict)


def read_numbers(connection: Connection) -> CouncilNumbers:
    """All of them, in one query. What is no number is as if it were not there."""
    rows = connection.execute(
        select(CouncilSetting.key, CouncilSetting.value).where(
            CouncilSetting.key.in_([POPULATION, FROM_CONTACT, NEAR]) | CouncilSetting.key.startswith(TARGET)
        )
    )
    found = {key: number for key, value in rows if (number := as_number(value)) is not None}
    return CouncilNumbers(
        population=found.get(POPULATION),
        assessment_days_from_contact=int(found.get(FROM_CONTACT, STARTING[FROM_CONTACT])),
        near_percent=found.get(NEAR, STARTING[NEAR]),
        targets={key.removeprefix(TARGET): value for key, value in found.items() if key.startswith(TARGET)},
    )


def as_number(text: str) -> float | None:
    """A number of 0 or more, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < 1e9 else None
