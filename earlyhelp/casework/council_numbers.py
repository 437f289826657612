"""Setting the council's own numbers: population, targets. An empty one is taken away."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, update

from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.organisation import CouncilSetting

LARGEST = 1_000_000_000


def set_numbers(connection: Connection, *, numbers: Mapping[str, str]) -> None:
    """Settings by key, as typed. BadFields with every one that is no number of 0 or more; then nothing is set."""
    tidy = {key: _tidy(text) for key, text in numbers.items()}
    wrong = {
        key: ["Must be a number of 0 or more, like 95 or 2.5"] for key, text in tidy.items() if text is None
    }
    if wrong:
        raise BadFields(wrong)
    for key, text in tidy.items():
        _put(connection, key, text or "")


def _tidy(text: str) -> str | None:
    """The number without spaces, commas and per cent signs; empty for none; None for what is no number."""
    plain = text.strip().removesuffix("%").strip().replace(",", "")
    if not plain:
        return ""
    digits = plain.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit()) or len(plain) > 15 or float(plain) >= LARGEST:
        return None
    return plain


def _put(connection: Connection, key: str, text: str) -> None:
    if not text:
        connection.execute(delete(CouncilSetting).where(CouncilSetting.key == key))
        return
    changed = connection.execute(update(CouncilSetting).where(CouncilSetting.key == key).values(value=text))
    if changed.rowcount == 0:
        connection.execute(insert(CouncilSetting).values(key=key, value=text))
