"""How a test database gets its tables: by the migrations, as everywhere."""

import importlib
import importlib.util
import pkgutil

from sqlalchemy import Engine

import earlyhelp.records
from earlyhelp.records.base import Base


def upgrade(engine: Engine) -> None:
    if importlib.util.find_spec("earlyhelp.records.migrate"):
        importlib.import_module("earlyhelp.records.migrate").upgrade(engine)
        return
    for module in pkgutil.walk_packages(earlyhelp.records.__path__, "earlyhelp.records."):
        importlib.import_module(module.name)
    Base.metadata.create_all(engine)
