"""Writes earlyhelp/pathway/bank_holidays.toml from the package `holidays`, which knows how England's are reckoned.

The package itself takes a web process 18 MiB and an eighth of a second, most of it for other countries.

    .venv/bin/python -m tests.support.bank_holidays
"""

import holidays

from earlyhelp.pathway.calendar import BANK_HOLIDAYS, FIRST_YEAR, LAST_YEAR

HEAD = """\
# Bank holidays of England, the days given instead of weekend ones, and single ones that were announced. Written by
# `python -m tests.support.bank_holidays`; a test says when the package it reads knows better, and compares with GOV.UK.
"""


def text() -> str:
    """The file as it should be."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    found = sorted(holidays.country_holidays("GB", subdiv="ENG", years=years).items())
    return HEAD + "".join(f'{day} = "{name}"\n' for day, name in found)


if __name__ == "__main__":
    BANK_HOLIDAYS.write_text(text(), encoding="utf-8")
