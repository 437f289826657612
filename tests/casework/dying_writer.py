"""Saves one section, begins on a second, and is killed before that is committed."""

import os
import signal
import sys

from earlyhelp.permissions import load_person
from earlyhelp.records.database import connect, transaction
from tests.casework.drafted import saved

if __name__ == "__main__":
    url, reference, person_id = sys.argv[1:]
    engine = connect(url)
    with transaction(engine) as connection:
        person = load_person(connection, user_id=int(person_id))
        assert person is not None
        saved(connection, reference, "voices", person)
    with transaction(engine) as connection:
        saved(connection, reference, "parenting", person)
        os.kill(os.getpid(), signal.SIGKILL)
