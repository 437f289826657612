"""Fifty people working on one council: `make load`, or

    .venv/bin/python -m benchmarks.load --people 50 --seconds 60 --workers 2

Fills a PostgreSQL database, starts `earlyhelp serve` on it, and lets Locust play the people. Prints how long every
page took; exit 1 if the 95th percentile of all reaches 300 ms or anything was answered wrongly.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select

from benchmarks.load.serving import served
from benchmarks.memory import resident
from benchmarks.places import database, stop_server
from benchmarks.stopping import run_to_the_end
from earlyhelp.casework.accounts import set_password
from earlyhelp.casework.seeding import seed
from earlyhelp.places import workflows
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.migrate import upgrade
from earlyhelp.records.organisation import User, UserRole
from earlyhelp.simulation import simulate_fast

GOAL = 300
"""Milliseconds, for 95 of 100 requests."""
PASSWORD = "fifty people at one council"
ROLES = {"screener": "screener", "lead": "lead_professional", "manager": "manager"}
A_SECOND = 2
"""People who arrive each second: checking a password is meant to take processor time."""
LOCUST = Path(".venv-load/bin/locust")


def main() -> int:
    chosen = _asked()
    if not chosen.locust.exists():
        sys.exit(f"there is no {chosen.locust}: run make load, or name one by --locust")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with database("postgresql", folder) as url:
                engine = connect(url)
                people = filled(engine, contacts=chosen.contacts)
                engine.dispose()
                (folder / "people.json").write_text(json.dumps(people))
                with served(url, folder, workers=chosen.workers) as (address, master):
                    before = worked(master)
                    rows = play(chosen, address, folder)
                    taken, kept = worked(master) - before, [resident(one) for one in web(master)]
                print((folder / "server.log").read_text(), end="")
        finally:
            stop_server(folder)
    print(f"memory of the web processes: {', '.join(f'{one:.0f}' for one in kept)} MiB")
    return 0 if told(rows, taken) else 1


def web(master: int) -> list[int]:
    """The processes that answer."""
    return [int(one) for one in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def worked(master: int) -> float:
    """Seconds of processor time that the web processes of this master have used."""
    ticks = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:13] for one in web(master)]
    return sum(int(tick) for pair in ticks for tick in pair) / os.sysconf("SC_CLK_TCK")


def _asked() -> argparse.Namespace:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__, formatter_class=shape)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2, help="processes of the web server")
    parser.add_argument("--contacts", type=int, default=10_000, help="in the council's history")
    parser.add_argument("--locust", type=Path, default=LOCUST, help="the load tool's program")
    return parser.parse_args()


def filled(engine: Engine, *, contacts: int) -> dict[str, object]:
    """A council with a history until now, whose people can sign in: their addresses by what they do."""
    now = datetime.now(UTC)
    upgrade(engine)
    with transaction(engine) as connection:
        seed(connection, shipped=workflows(), own=None, council="Millbrook", now=now - timedelta(days=500))
    start = (now - timedelta(days=400)).date()
    simulate_fast(engine, contacts=contacts, seed=1, start=start, until=now)
    found: dict[str, object] = {"password": PASSWORD}
    with transaction(engine) as connection:
        for name, role in ROLES.items():
            users = connection.execute(
                select(User.id, User.email).join(UserRole).where(UserRole.role == role, User.active)
            ).all()
            found[name] = [user.email for user in users]
            for user in users:
                set_password(connection, user_id=user.id, password=PASSWORD)
    return found


def play(chosen: argparse.Namespace, address: str, folder: Path) -> list[Mapping[str, str]]:
    """What Locust measured, by page and in all, once everybody had arrived."""
    arriving = chosen.people // A_SECOND
    command = [
        str(chosen.locust.absolute()),
        "--locustfile", str(Path(__file__).with_name("people.py")),
        "--host", address, "--headless", "--only-summary", "--reset-stats",
        "--users", str(chosen.people), "--spawn-rate", str(A_SECOND),
        "--run-time", f"{chosen.seconds + arriving}s",
        "--csv", str(folder / "measured"), "--exit-code-on-error", "0",
    ]  # fmt: skip
    environment = {**os.environ, "LOAD_PEOPLE": str(folder / "people.json")}
    played = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if played.returncode:
        raise RuntimeError(f"the load tool failed:\n{played.stdout}{played.stderr}")
    with (folder / "measured_failures.csv").open() as file:
        for fault in csv.DictReader(file):
            print(f"{fault['Occurrences']} × {fault['Method']} {fault['Name']}: {fault['Error']}")
    with (folder / "measured_stats.csv").open() as file:
        return list(csv.DictReader(file))


def told(rows: list[Mapping[str, str]], taken: float) -> bool:
    """Show what was measured; whether it is as it should be. `taken` is processor time of the web, arrivals and all."""
    print(f"{'page':<34}{'times':>8}{'wrong':>7}{'median ms':>11}{'p95 ms':>9}{'a second':>10}")
    for row in rows:
        name = f"{row['Type']} {row['Name']}"
        wrong, median, high = row["Failure Count"], row["50%"], row["95%"]
        print(
            f"{name:<34}{row['Request Count']:>8}{wrong:>7}{median:>11}{high:>9}"
            f"{float(row['Requests/s']):>10.1f}"
        )
    whole = rows[-1]
    load, cores = os.getloadavg()[1], os.cpu_count()
    print(f"{taken:.0f} s of processor time of the web; load of the machine {load:.1f} on {cores} cores")
    return int(whole["Failure Count"]) == 0 and int(whole["95%"]) < GOAL


if __name__ == "__main__":
    run_to_the_end(main)
