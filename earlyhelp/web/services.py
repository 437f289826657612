"""What every page and API answer needs: the database, the settings and the time, in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app
from sqlalchemy import Engine

from earlyhelp.settings import Settings

EXTENSION = "earlyhelp"


@dataclass(frozen=True)
class Services:
    """Given to the application when it is made. `now` is the only place where the web learns the time.

    `reports` is where figures are read: a read-only copy if the settings name one, which may lag some moments behind.
    """

    engine: Engine
    reports: Engine
    settings: Settings
    now: Callable[[], datetime]


def services() -> Services:
    """The services of the application that is answering."""
    return cast(Services, current_app.extensions[EXTENSION])
