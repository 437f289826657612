"""A sweeper process for the chaos test: sweeps as fast as it can at moments that jump about, until it is killed."""

import random
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError

from earlyhelp.casework.digest import write_digests
from earlyhelp.casework.sweep import sweep
from earlyhelp.records.database import connect, transaction


def keep_sweeping(url: str, seed: int, begins: datetime) -> None:
    engine, chance = connect(url), random.Random(seed)
    moment = begins
    while True:
        # Clocks of machines disagree and are set back: sometimes hours, once in a while days.
        moment += timedelta(hours=chance.uniform(-6, 14))
        try:
            with transaction(engine) as connection:
                sweep(
                    connection, now=moment, worker=f"sweeper {seed}", at_most=chance.choice([7, 50, 20_000])
                )
            with transaction(engine) as connection:
                write_digests(connection, now=moment, base_url="https://help.example")
        except OperationalError as busy:
            if "locked" not in str(busy):
                raise
