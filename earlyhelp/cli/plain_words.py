"""Errors that a person at a terminal can answer, in one sentence each. All others are faults of ours."""

from collections.abc import Callable
from typing import Any

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from earlyhelp.casework.accounts import AccountRefused
from earlyhelp.casework.pathways import VersionTaken
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.casework.retention_rules import RulesUnsound
from earlyhelp.casework.whole_import import ImportRefused
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.exporting.restore import RestoreRefused
from earlyhelp.pathway.facts import Refused
from earlyhelp.pathway.faults import PathwayError
from earlyhelp.records.granting import NotTwoRoles
from earlyhelp.settings import SettingsError


def words_for(fault: Exception) -> str | None:
    """The sentence for an error, or None when it is not one that the person could answer."""
    for kind, words in WORDS.items():
        if isinstance(fault, kind):
            return words(fault)
    return None


def _of_pathway(fault: PathwayError) -> str:
    first, *others = fault.faults
    more = f" (and {len(others)} more: see earlyhelp pathway check)" if others else ""
    return f"{first}{more}"


def _of_database(fault: DBAPIError) -> str:
    return f"the database refuses: {str(fault.orig).strip().splitlines()[0]}"


def _of_system(fault: OSError) -> str:
    return f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault.strerror or fault)


WORDS: dict[type[Exception], Callable[[Any], str]] = {
    CommandRefused: str,
    SettingsError: str,
    AccountRefused: str,
    VersionTaken: str,
    ImportRefused: str,
    RestoreRefused: str,
    RulesUnsound: str,
    NotTwoRoles: str,
    NoSuchCase: lambda fault: f"there is no case {fault}",
    NotAllowed: str,
    Refused: str,
    PathwayError: _of_pathway,
    CommandError: str,
    OperationalError: _of_database,
    InterfaceError: _of_database,
    OSError: _of_system,
}
