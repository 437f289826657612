"""Signed checkpoints show what no chain can show of itself: an end cut off, a chain written anew, a case gone whole."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.exc import OperationalError

from earlyhelp.casework.access_log import is_sealed_as
from earlyhelp.casework.audit import verify_all
from earlyhelp.casework.checkpoint_proof import broken_since
from earlyhelp.casework.checkpoints import (
    Checkpoint,
    NotToBeTrusted,
    next_checkpoint,
    public_key,
    read_lines,
    refuse_strangers,
)
from earlyhelp.insight.health import health
from earlyhelp.outbound.channel import Letter, NotTaken
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.reference import AccessEntry
from earlyhelp.scheduler import checkpoints
from earlyhelp.scheduler.checkpoints import seal_access_log, write_daily
from earlyhelp.settings import Settings
from tests.casework.watched_cases import MONDAY, allocated, contact, found_council
from tests.support.tampering import tamper

KEY = "k" * 40


def told(connection: Connection, checkpoints: list[Checkpoint]) -> list[tuple[str, int, str]]:
    return [(one.reference, one.sequence, one.problem) for one in broken_since(connection, checkpoints)]


def warnings(engine: Engine) -> str:
    """What an administrator is told."""
    with reading(engine) as connection:
        return " ".join(health(connection, now=MONDAY, interval_seconds=60).warnings)


def test_whatever_is_taken_from_a_history_is_named(connection: Connection) -> None:
    council = found_council(connection)
    cut, gone, rewritten, sound = (allocated(connection, council, surname=f"Rowe{n}") for n in range(4))
    known = [next_checkpoint(connection, earlier=[], secret_key=KEY, now=MONDAY)]
    assert known[0].cases == 4
    assert told(connection, known) == []
    number = {
        r: connection.execute(text("SELECT id FROM cases WHERE reference = :r"), {"r": r}).scalar_one()
        for r in (cut, gone, rewritten)
    }
    last = {
        r: connection.execute(
            text("SELECT max(sequence) FROM events WHERE case_id = :c"), {"c": c}
        ).scalar_one()
        for r, c in number.items()
    }
    # Each is done so well that the chain itself agrees: a shorter version, another hash.
    tamper(connection, "DELETE FROM events WHERE case_id = :c AND sequence = :s", c=number[cut], s=last[cut])
    tamper(
        connection,
        "UPDATE cases SET version = :v, last_hash = (SELECT hash FROM events WHERE case_id = :c AND sequence = :v)"
        " WHERE id = :c",
        c=number[cut],
        v=last[cut] - 1,
    )
    tamper(
        connection,
        "UPDATE events SET hash = 'f' WHERE case_id = :c AND sequence = :s",
        c=number[rewritten],
        s=last[rewritten],
    )
    _forget_whole(connection, number[gone])
    assert dict(verify_all(connection))[cut] is None, "the chain alone does not show it"
    found = {reference: (sequence, problem) for reference, sequence, problem in told(connection, known)}
    assert set(found) == {cut, gone, rewritten}
    assert found[cut][0] == last[cut]
    assert f"this event is gone: checkpoint 1 of 2026-03-02 knew {last[cut]}" in found[cut][1]
    assert "the whole case is gone" in found[gone][1]
    assert found[rewritten][0] == last[rewritten]
    assert sound not in found


def _forget_whole(connection: Connection, case_id: int) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    for table in ("events", "journal"):
        tamper(connection, f"DELETE FROM {table} WHERE case_id = :c", c=case_id)
    tamper(connection, "DELETE FROM cases WHERE id = :c", c=case_id)


def test_the_second_checkpoint_holds_only_what_moved(connection: Connection) -> None:
    council = found_council(connection)
    contact(connection, council, surname="Old")
    first = next_checkpoint(connection, earlier=[], secret_key=KEY, now=MONDAY)
    new = contact(connection, council, surname="New")
    second = next_checkpoint(connection, earlier=[first], secret_key=KEY, now=MONDAY)
    assert [head.reference for head in second.heads] == [new]
    assert (second.cases, second.previous) == (2, first.digest)
    assert read_lines([first.line, second.line]) == [first, second]


def test_a_changed_a_missing_and_a_stranger_s_checkpoint_are_not_trusted(connection: Connection) -> None:
    contact(connection, found_council(connection))
    first = next_checkpoint(connection, earlier=[], secret_key=KEY, now=MONDAY)
    second = next_checkpoint(connection, earlier=[first], secret_key=KEY, now=MONDAY)
    changed = json.dumps({**json.loads(first.line), "cases": 0}, separators=(",", ":"))
    forged = replace(first, heads=())
    for lines in ([changed, second.line], [second.line], [forged.line], [first.line, "{}"], ["["], [""]):
        with pytest.raises(NotToBeTrusted):
            read_lines(lines)
    strange = next_checkpoint(connection, earlier=[], secret_key="z" * 40, now=MONDAY)
    assert read_lines([strange.line]) == [strange]
    with pytest.raises(NotToBeTrusted, match="checkpoint 1 was signed by a key"):
        refuse_strangers([strange], trusted={public_key(KEY)})


class Post:
    """A channel that keeps what it was given, and refuses when it is told to."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.refuses = False

    def send(self, letter: Letter) -> None:
        if self.refuses:
            raise NotTaken("away")
        self.letters.append(letter)


def test_the_worker_writes_one_a_day_and_sends_its_digest(
    sqlite_url: Callable[[], str], sqlite_engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction(sqlite_engine) as connection:
        contact(connection, found_council(connection))
    settings = Settings(
        database_url="", instance_path=tmp_path, secret_key=KEY, checkpoint_mail="auditor@council.example"
    )
    post = Post()
    for hours in (0, 1, 24):
        write_daily(sqlite_engine, settings, post, now=MONDAY + timedelta(hours=hours))
    kept = read_lines(settings.checkpoints.read_text().splitlines())
    assert [one.at[:10] for one in kept] == ["2026-03-02", "2026-03-03"]
    assert [one.digest in letter.body for one, letter in zip(kept, post.letters, strict=True)] == [True, True]
    post.refuses = True
    write_daily(sqlite_engine, settings, post, now=MONDAY + timedelta(days=2))
    assert "checkpoint 3 was written and not sent: away" in caplog.text
    for rubbish in (b"rubbish\n", b"\xff\xfe\x00"):
        caplog.clear()
        settings.checkpoints.write_bytes(rubbish)
        write_daily(sqlite_engine, settings, post, now=MONDAY + timedelta(days=3))
        assert settings.checkpoints.read_bytes() == rubbish
        assert "no checkpoint was written: checkpoint 1 cannot be read" in caplog.text
        assert "no checkpoint has been written since 05/03/2026" in warnings(sqlite_engine)
    settings.checkpoints.unlink()
    write_daily(sqlite_engine, settings, post, now=MONDAY + timedelta(days=4))
    assert warnings(sqlite_engine) == ""


def test_a_digest_is_sent_away_though_the_database_takes_no_note_of_it(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(
        database_url="", instance_path=tmp_path, secret_key=KEY, checkpoint_mail="auditor@council.example"
    )
    post = Post()
    monkeypatch.setattr(checkpoints, "note_checkpoint", refuse)
    with pytest.raises(OperationalError):
        write_daily(sqlite_engine, settings, post, now=MONDAY)
    assert [letter.subject for letter in post.letters] == ["Checkpoint 1"]


def refuse(_connection: Connection) -> None:
    raise OperationalError("DELETE", {}, Exception("the disk is full"))


def test_the_worker_seals_what_was_opened_and_logs_what_the_seal_may_be_known_by(
    sqlite_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction(sqlite_engine) as connection:
        entry = {"at": MONDAY, "user_id": found_council(connection)["screener"].id, "what": "case"}
        connection.execute(insert(AccessEntry), [entry] * 3)
    with (
        patch("earlyhelp.casework.access_log.AT_ONCE", 2),
        caplog.at_level("INFO", logger="earlyhelp.scheduler"),
    ):
        for minutes in (4, 6, 11):
            seal_access_log(sqlite_engine, now=MONDAY + timedelta(minutes=minutes))
    told = [message.split() for message in caplog.messages]
    assert [(words[3], words[7].rstrip(":")) for words in told] == [("1", "2"), ("2", "3")]
    with reading(sqlite_engine) as connection:
        assert all(is_sealed_as(connection, words[-1]) for words in told)
        assert not is_sealed_as(connection, "f" * 64)
