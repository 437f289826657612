"""A council of any size with its history: some hundreds of contacts are lived through casework, the rest copied."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Connection, Engine, select

from earlyhelp.casework.restricting import restrict_case
from earlyhelp.casework.seeding import seed
from earlyhelp.counting import bring_board_up
from earlyhelp.permissions import Person, load_person
from earlyhelp.places import workflows
from earlyhelp.records.cases import Case
from earlyhelp.records.database import is_postgresql, transaction
from earlyhelp.records.migrate import upgrade
from earlyhelp.records.organisation import UserRole
from earlyhelp.scheduler.moves import bring_moves_up
from earlyhelp.simulation import simulate_fast

ONE_OF = 199
FIRST_DAY, UNTIL = date(2025, 1, 6), datetime(2026, 3, 2, 10, tzinfo=UTC)


def fill(engine: Engine, *, contacts: int) -> None:
    """Make an empty database a council with so many contacts, each with its whole history."""
    upgrade(engine)
    with transaction(engine) as connection:
        begins = datetime(2025, 1, 1, tzinfo=UTC)
        seed(connection, shipped=workflows(), own=None, council="Millbrook", now=begins)
    simulate_fast(engine, contacts=contacts, seed=1, start=FIRST_DAY, until=UNTIL)


def restrict_some(engine: Engine) -> None:
    """Keep one case of 199 to named people, as the manager of its team does, or a head of service where it has none.

    A prime: lived cases lie some four hundred apart in their copies, and any of them is to be among those restricted.
    """
    with transaction(engine) as connection:
        heads, managers = _of_role(connection, "service_manager"), _of_role(connection, "manager")
        of_team = {person.team_id: person for person in managers}
        cases = connection.execute(select(Case.reference, Case.team_id).where(Case.id % ONE_OF == 0)).all()
        for number, case in enumerate(cases):
            person = of_team.get(case.team_id) or heads[number % len(heads)]
            given = {"reason": "A threat to the family"}
            restrict_case(connection, reference=case.reference, person=person, given=given, now=UNTIL)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # As over the years: to look whether a row is there that was just changed, an index is not enough.
        connection.exec_driver_sql("VACUUM (ANALYZE)" if is_postgresql(connection) else "ANALYZE")


def _of_role(connection: Connection, role: str) -> Sequence[Person]:
    ids = connection.scalars(select(UserRole.user_id).where(UserRole.role == role).order_by(UserRole.user_id))
    people = (load_person(connection, user_id=user_id) for user_id in ids)
    return [person for person in people if person is not None]


def keep_for_pages(engine: Engine) -> None:
    """What the worker of every installation has kept by then, but for the scorecard's figures, which take very long."""
    bring_board_up(engine, now=UNTIL)
    bring_moves_up(engine, now=UNTIL)
