"""Statements of SQLAlchemy Core compiled once and sent straight to the driver, for what every action does.

SQLAlchemy takes most of its time in describing results and in marking parameters anew each time; psycopg forgets how
a statement of more than fifty named parameters is to be read. Here text, order and types of the parameters are worked
out once for each database; what is left is a call of the driver. Types are converted as SQLAlchemy would.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from json import JSONEncoder
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Connection, Dialect, Row, bindparam
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from earlyhelp.records.base import Instant, in_utc
from earlyhelp.records.database import as_sqlalchemy_says, driver_of, faults_of, is_postgresql, wire_of
from earlyhelp.records.json_text import writer_as

Converter = Callable[[Any], Any] | None
MOST_TOGETHER = 16
"""So many changes go in one statement, at most: a case of very many clocks needs no form of its own."""
_FLOAT = 701
"""PostgreSQL's number for double precision, the only kind of number whose type asks what the driver has read."""
_json = writer_as(JSONEncoder())
_MARK = re.compile(r"\$(\d+)")
# PostgreSQL's own marks: psycopg needs not look for any.
_DIALECTS: Mapping[bool, Dialect] = {
    True: PGDialect_psycopg(paramstyle="numeric_dollar"),  # type: ignore[no-untyped-call]
    False: SQLiteDialect_pysqlite(paramstyle="qmark"),
}


@dataclass(frozen=True, eq=False)
class Form:
    """A statement as one database takes it: its text, and the parameters in their order with their converters."""

    text: str
    parameters: tuple[tuple[str, Converter], ...]
    written_out: Mapping[str, Any]
    """Values that stand in the statement itself."""
    repeated: Callable[[list[Any]], Sequence[Any]] | None
    """Gives SQLite a value as often as it is asked for; PostgreSQL is told each once."""

    def values(self, given: Mapping[str, Any]) -> Sequence[Any]:
        if self.written_out:
            given = {**self.written_out, **given}
        each = [
            convert(given[name]) if convert is not None else given[name] for name, convert in self.parameters
        ]
        return each if self.repeated is None else self.repeated(each)


@cache
def form_of(statement: Any, names: tuple[str, ...], on_postgresql: bool) -> Form:
    """Remembered for as long as we run: give it only statements that are built when modules are loaded."""
    dialect = _DIALECTS[on_postgresql]
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    binds = {name: compiled.binds[name] for name in compiled.positiontup}
    if missing := [name for name, bind in binds.items() if bind.required and name not in names]:
        raise ValueError(f"no value is given for {', '.join(missing)}")
    defaults = {column.key: _default_of(column) for column in getattr(compiled, "insert_prefetch", ())}
    converters = {name: _converter(bind.type, dialect) for name, bind in binds.items()}
    return Form(
        text=str(compiled),
        parameters=tuple(converters.items()),
        written_out={
            name: defaults.get(name, bind.effective_value)
            for name, bind in binds.items()
            if name not in names
        },
        repeated=_repeated(list(binds), compiled.positiontup),
    )


def _repeated(once: list[str], asked: Sequence[str]) -> Callable[[list[Any]], Sequence[Any]] | None:
    return itemgetter(*map(once.index, asked)) if len(asked) > len(once) else None


def _converter(of: Any, dialect: Dialect) -> Converter:
    """PostgreSQL is sent text, which psycopg takes longer to make of JSON and of moments."""
    if isinstance(dialect, PGDialect_psycopg):
        if isinstance(of, Boolean):
            return None
        if isinstance(of, Instant):
            return _moment_text
        if isinstance(of.dialect_impl(dialect), JSONB):
            return _json_text
    converter: Converter = of.dialect_impl(dialect).bind_processor(dialect)
    return converter


def _moment_text(moment: datetime | None) -> str | None:
    # In UTC first: of the hour that comes twice in October, Python takes London's two for the same.
    return None if moment is None else _text_of(moment if moment.tzinfo is UTC else in_utc(moment))


@lru_cache(maxsize=4096)
def _text_of(moment: datetime) -> str:
    """Remembered: the rows of one action have most of their moments in common."""
    return str(moment)


def _json_text(value: Any) -> str | None:
    if value == []:  # a clock that was never paused
        return "[]"
    return None if value is None else _json(value)


def _default_of(column: Any) -> Any:
    """What a column of ours has where nothing is given."""
    return column.default.arg(None) if column.default.is_callable else column.default.arg


@cache
def form_of_rows(statement: Any, names: tuple[str, ...], rows: int, on_postgresql: bool) -> Form:
    """An INSERT of so many rows at once."""
    types = {name: statement.table.c[name].type for name in names}
    values = [
        {name: bindparam(_of_row(name, row), type_=types[name]) for name in names} for row in range(rows)
    ]
    asked = tuple(_of_row(name, row) for row in range(rows) for name in names)
    return form_of(statement.values(values), asked, on_postgresql)


def _of_row(name: str, row: int) -> str:
    return f"{name}_of_{row}"


@cache
def _joined(forms: tuple[Form, ...]) -> str:
    """One statement of PostgreSQL that makes all these changes."""
    texts, before = [], 0
    for form in forms:
        texts.append(_MARK.sub(lambda mark, more=before: f"${int(mark[1]) + more}", form.text))  # type: ignore[misc]
        before += len(form.parameters)
    *first, last = texts
    parts = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(first))
    return f"WITH {parts} {last}" if first else last


class Columns:
    """Makes rows of what the driver read: with the columns' names, and values as SQLAlchemy's rows have them."""

    def __init__(self, columns: Iterable[Any]) -> None:
        self._types = {column.key: column.type for column in columns}
        self._row: Any = namedtuple("Found", self._types)  # type: ignore[misc]
        self._converters = {
            postgresql: self._converters_of(dialect) for postgresql, dialect in _DIALECTS.items()
        }

    def rows(self, read: Iterable[Iterable[Any]], on_postgresql: bool) -> list[Row[Any]]:
        converters, make = self._converters[on_postgresql], self._row._make
        if not converters:
            return list(map(make, read))
        found = []
        for values in map(list, read):
            for place, convert in converters:
                if (value := values[place]) is not None:
                    values[place] = convert(value)
            found.append(make(values))
        return found

    def _converters_of(self, dialect: Dialect) -> list[tuple[int, Any]]:
        found = [
            # A session's time zone is UTC: psycopg's moments are as ours.
            None
            if isinstance(of, Instant) and isinstance(dialect, PGDialect_psycopg)
            else of.dialect_impl(dialect).result_processor(dialect, _FLOAT)
            for of in self._types.values()
        ]
        return [(place, convert) for place, convert in enumerate(found) if convert is not None]


class Query:
    """A SELECT that is built once, when modules are loaded; how its rows are read is worked out when it is asked."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement

    def rows(self, connection: Connection, **given: Any) -> list[Row[Any]]:
        """What it finds for these parameters."""
        (found,) = rows_together(connection, (self,), **given)
        return found

    def first(self, connection: Connection, **given: Any) -> Row[Any] | None:
        return next(iter(self.rows(connection, **given)), None)

    def glance(self, connection: Connection, **given: Any) -> list[Row[Any]]:
        """The same, as it is at this moment: PostgreSQL begins no transaction for it if none has begun."""
        wire = wire_of(connection)
        if wire is None:
            return self.rows(connection, **given)
        text, values = self.text_and_values(given, on_postgresql=True)
        _hear(connection, text, values)
        try:
            read = wire.glance(text, values)
        except faults_of(connection) as fault:
            raise as_sqlalchemy_says(connection, fault, text) from fault
        return self.rows_of(read, on_postgresql=True)

    def text_and_values(self, given: Mapping[str, Any], on_postgresql: bool) -> tuple[str, Sequence[Any]]:
        form = form_of(self._statement, tuple(given), on_postgresql)
        return form.text, form.values(given)

    def rows_of(self, read: Iterable[Sequence[Any]], on_postgresql: bool) -> list[Row[Any]]:
        """Rows of what the driver has read."""
        return self._columns.rows(read, on_postgresql)

    @cached_property
    def _columns(self) -> Columns:
        return Columns(self._statement.selected_columns)


class Spelled:
    """A SELECT as one database takes it, without what it was built of, which is ten times as large as its text.

    For statements so long that to build one takes longer than to ask it. Each time it is planned for its values.
    """

    def __init__(self, statement: Any, on_postgresql: bool) -> None:
        dialect = _DIALECTS[on_postgresql]
        compiled = statement.compile(dialect=dialect)
        spelled = compiled.construct_expanded_state()
        self._text, self._names = spelled.statement, spelled.positiontup
        of_names = {name: _converter(bind.type, dialect) for name, bind in compiled.binds.items()}
        self._converters = {**of_names, **spelled.processors}
        self._built_with = self._converted(spelled.parameters)
        self._columns = Columns(statement.selected_columns)

    def rows(self, connection: Connection, **given: Any) -> list[Row[Any]]:
        """What it finds for the parameters named; the others have the values that it was built with."""
        values = {**self._built_with, **self._converted(given)}
        in_order = [values[name] for name in self._names]
        _hear(connection, self._text, in_order)
        driver_of(connection)  # sends what waits
        try:
            read = _cursor(connection).execute(self._text, in_order).fetchall()
        except faults_of(connection) as fault:
            raise as_sqlalchemy_says(connection, fault, self._text) from fault
        return self._columns.rows(read, is_postgresql(connection))

    def _converted(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        found = {}
        for name, value in values.items():
            convert = self._converters.get(name)
            found[name] = value if convert is None else convert(value)
        return found


def rows_together(connection: Connection, queries: Sequence[Query], **given: Any) -> list[list[Row[Any]]]:
    """What several find for the same parameters, asked one after the other in one trip to the database.

    Each sees what had been committed when the one before it had its answer.
    """
    on_postgresql = is_postgresql(connection)
    asked = [query.text_and_values(given, on_postgresql) for query in queries]
    read = _run(connection, asked)
    return [query.rows_of(rows, on_postgresql) for query, rows in zip(queries, read, strict=True)]


def read_rows(
    connection: Connection, statement: Any, given: Mapping[str, Any], *, of_bytes: bool = False
) -> Sequence[tuple[Any, ...]]:
    """What a SELECT finds, as the driver has it. PostgreSQL sends what is `of_bytes` at half its length as text."""
    form = form_of(statement, tuple(given), is_postgresql(connection))
    (found,) = _run(connection, [(form.text, form.values(given))], of_bytes=of_bytes)
    return found


class Together:
    """Takes writes as a connection does. PostgreSQL is sent them as one statement, SQLite at once each.

    Sent together, none sees what another has changed, and no row may be changed by two of them: `send` between such.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waits = is_postgresql(connection)
        self._forms: list[Form] = []
        self._values: list[Any] = []

    def execute(self, statement: Any, given: Mapping[str, Any] | list[dict[str, Any]]) -> None:
        if isinstance(given, list) and len(given) == 1:
            (given,) = given
        if not isinstance(given, list):  # to ask whether it is a Mapping takes as long as the rest
            self._add(form_of(statement, tuple(given), self._waits), given)
            return
        for begin in range(0, len(given), MOST_TOGETHER):
            rows = given[begin : begin + MOST_TOGETHER]
            form = form_of_rows(statement, tuple(rows[0]), len(rows), self._waits)
            self._add(form, {_of_row(name, n): row[name] for n, row in enumerate(rows) for name in row})
            if len(given) > MOST_TOGETHER:
                self.send()  # rows of one list have their ids in its order

    def _add(self, form: Form, given: Mapping[str, Any]) -> None:
        self._forms.append(form)
        self._values += form.values(given)
        if not self._waits or len(self._forms) == MOST_TOGETHER:
            self.send()

    def send(self) -> None:
        if not self._forms:
            return
        text, values = _joined(tuple(self._forms)), self._values
        self._forms, self._values = [], []
        _write(self._connection, text, values)


def _run(
    connection: Connection, asked: Sequence[tuple[str, Sequence[Any]]], *, of_bytes: bool = False
) -> list[list[tuple[Any, ...]]]:
    """What statements find."""
    for text, values in asked:
        _hear(connection, text, values)
    try:
        if (wire := wire_of(connection)) is not None:
            return wire.ask(asked)
        cursor = _cursor(connection)
        binary = {"binary": True} if of_bytes and is_postgresql(connection) else {}
        return [cursor.execute(text, values, **binary).fetchall() for text, values in asked]
    except faults_of(connection) as fault:
        raise as_sqlalchemy_says(connection, fault, asked[0][0]) from fault


def _write(connection: Connection, text: str, values: Sequence[Any]) -> None:
    _hear(connection, text, values)
    try:
        if (wire := wire_of(connection)) is not None:
            wire.write(text, values)
        else:
            _cursor(connection).execute(text, values)
    except faults_of(connection) as fault:
        raise as_sqlalchemy_says(connection, fault, text) from fault


def _hear(connection: Connection, text: str, values: Sequence[Any]) -> None:
    """Whoever counts statements counts these, too."""
    if not connection.in_transaction():
        connection.begin()
    heard = connection.engine.dispatch.before_cursor_execute
    if heard:
        heard(connection, None, text, values, None, False)


def _cursor(connection: Connection) -> Any:
    driver: Any = connection.connection.dbapi_connection
    known: Any = connection.dialect.loaded_dbapi
    return known.RawCursor(driver) if is_postgresql(connection) else driver
