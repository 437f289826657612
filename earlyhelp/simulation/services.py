"""The made-up council's directory: a feed as a publisher would write it, imported as any other."""

from datetime import datetime
from importlib.resources import files

from sqlalchemy import Connection

from earlyhelp import places
from earlyhelp.casework.directory import need_words
from earlyhelp.casework.directory_import import Plan, import_feed
from earlyhelp.openreferral import read_document

SOURCE = "https://services.millbrook.example/services"


def open_directory(connection: Connection, *, now: datetime) -> Plan:
    """Fill the directory with the services of a council that does not exist."""
    content = (files("earlyhelp.simulation") / "directory.json").read_bytes()
    words = need_words(places.workflows() / "directory")
    return import_feed(
        connection, read_document(content), source=SOURCE, words=words, by="demonstration", now=now
    )
