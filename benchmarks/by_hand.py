"""The floor: what one transition reads and writes, in hand-written SQL, statement by statement in one transaction.

Through psycopg 3 and sqlite3 alone. Nothing is decided, checked or hashed here: values are copied from the rows there.
"""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import make_url

COPIED = (
    "case_id,action,kind,from_state,to_state,occurred_at,recorded_at,actor_id,actor,actor_role,team_id,"
    "lead_professional_id"
)
CLOCK = (
    "case_id,pathway_id,name,about,kind,recorded_late,started_at,start_recorded_at,due_at,gross_due_at,"
    "warning_1_at,warning_2_at,warning_3_at,escalation_1_at,escalation_2_at,escalation_3_at,next_moment,"
    "holder,team_id,lead_professional_id"
)
CASE_SET = (
    "version,state,state_kind,is_open,state_entered_at,came_from,outcome,closed_at,last_event_at,team_id,"
    "lead_professional_id,claimed_by_id,claimed_until,last_hash,next_due_at"
)
EVENT_REST = "reason,fields,pathway_id,occurred_on,previous_hash,hash,sequence"


def opened(url: str) -> tuple[Any, str]:
    """A connection that says BEGIN itself, and how its parameters are marked."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(make_url(url).database or "", isolation_level=None, timeout=30)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection, "?"
    plain: Any = psycopg.connect(url, row_factory=psycopg.rows.dict_row, autocommit=True)
    return plain, "%s"


def transitions(url: str, reference: str) -> Callable[[int], None]:
    """Writes so many transitions of one case, each in a transaction of its own."""
    connection, mark = opened(url)
    begin, lock = ("BEGIN IMMEDIATE", "") if mark == "?" else ("BEGIN", " FOR UPDATE")

    def sql(text: str) -> str:
        return text.replace("?", mark)

    statements = _statements(sql)
    read_case = sql(f"SELECT * FROM cases WHERE reference = ?{lock}")

    def work(times: int) -> None:
        for _ in range(times):
            connection.execute(begin)
            case = dict(connection.execute(read_case, (reference,)).fetchone())
            _write(connection, case, statements)
            connection.execute("COMMIT")

    return work


def _statements(sql: Callable[[str], str]) -> dict[str, str]:
    def insert(table: str, columns: str) -> str:
        marks = ",".join("?" for _ in columns.split(","))
        return sql(f"INSERT INTO {table} ({columns}) VALUES ({marks})")

    return {
        "clocks": sql(
            "SELECT * FROM clocks WHERE case_id = ? AND status IN ('running', 'paused') ORDER BY id"
        ),
        "event": insert("events", f"{COPIED},{EVENT_REST}"),
        "stop": sql(
            "UPDATE clocks SET status='met', recorded_late=?, stopped_at=?, stop_recorded_at=?, stopped_by=?, "
            "next_moment=NULL, team_id=?, lead_professional_id=?, pauses=? WHERE id = ?"
        ),
        "settle": sql(
            "UPDATE alerts SET status='resolved', resolved_at=?, resolution=? "
            "WHERE clock_id = ? AND status <> 'resolved'"
        ),
        "start": insert("clocks", f"{CLOCK},status,started_by,pauses,span"),
        "case": sql(f"UPDATE cases SET {','.join(f'{name}=?' for name in CASE_SET.split(','))} WHERE id = ?"),
    }


def _write(connection: Any, case: dict[str, Any], statements: dict[str, str]) -> None:
    clocks = [dict(row) for row in connection.execute(statements["clocks"], (case["id"],)).fetchall()]
    clock = next(row for row in clocks if row["name"] == "review")
    sequence, moment = case["version"] + 1, case["last_event_at"]
    event = {
        **case,
        "case_id": case["id"],
        "action": "record_review",
        "kind": "review",
        "from_state": case["state"],
        "to_state": case["state"],
        "occurred_at": moment,
        "recorded_at": moment,
        "actor_id": case["lead_professional_id"],
        "actor": "lead@council.example",
        "actor_role": "lead_professional",
    }
    fields = json.dumps({"progress": "Going well", "attended": ["family"], "next_review_date": "2026-09-01"})
    rest = (
        None,
        fields,
        case["pathway_id"],
        str(moment)[:10],
        case["last_hash"],
        case["last_hash"],
        sequence,
    )
    connection.execute(statements["event"], (*(event[name] for name in COPIED.split(",")), *rest))
    owner = (case["team_id"], case["lead_professional_id"])
    stop = (False, moment, moment, sequence, *owner, "[]", clock["id"])
    connection.execute(statements["stop"], stop)
    connection.execute(statements["settle"], (moment, "Record a review", clock["id"]))
    started = (*(clock[name] for name in CLOCK.split(",")), "running", sequence, "[]", '{"weeks": 6}')
    connection.execute(statements["start"], started)
    after = {**case, "version": sequence}
    connection.execute(statements["case"], (*(after[name] for name in CASE_SET.split(",")), case["id"]))
