"""Whether a column holds one of very many values, asked with one parameter: thousands of them take long to write."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, any_, bindparam, func, select

from earlyhelp.records.database import is_postgresql


def among(
    connection: Connection, column: Any, values: Collection[int] | Collection[str]
) -> ColumnElement[bool]:
    """`column IN values`, by an index of the column where it has one."""
    if is_postgresql(connection):
        together = bindparam(None, list(values), type_=ARRAY(column.type))
        equal: ColumnElement[bool] = column == any_(together)
        return equal
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    found: ColumnElement[bool] = column.in_(select(listed.c.value))
    return found
