"""Messages: one for each person and sweep, in working hours unless urgent, never twice, never a child's name."""

import email
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import Connection, Engine, Row, insert, select, update

from earlyhelp.casework import digest
from earlyhelp.casework.digest import due_words, write_digests
from earlyhelp.outbound.channel import Letter, NotTaken, Undeliverable
from earlyhelp.outbound.choosing import channel_for
from earlyhelp.outbound.notify import NotifyChannel
from earlyhelp.outbound.sending import BACKOFF, LEASE, MOST_ATTEMPTS, send_again, send_waiting
from earlyhelp.outbound.smtp import SmtpChannel
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert, OutboxMessage
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import User
from earlyhelp.settings import Settings, SettingsError
from tests.casework.watched_cases import (
    MONDAY,
    Council,
    act,
    alerts,
    allocated,
    contact,
    council_in,
    days,
    swept,
    the_clock,
)

LINK = "https://help.example.gov.uk"
NOTIFY_KEY = "tests-11111111-1111-4111-8111-111111111111-22222222-2222-4222-8222-222222222222"


def digested(connection: Connection, at: datetime) -> int:
    swept(connection, at)
    return write_digests(connection, now=at, base_url=LINK)


def letters(connection: Connection, person: Any = None) -> list[Row[Any]]:
    statement = select(OutboxMessage).where(OutboxMessage.topic == "alerts").order_by(OutboxMessage.id)
    if person is not None:
        statement = statement.where(OutboxMessage.recipient_id == person.id)
    return list(connection.execute(statement))


# --- Digests ------------------------------------------------------------------------------------------------


def test_one_sweep_makes_one_message_for_each_person(connection: Connection, council: Council) -> None:
    """Rule 10, item 1: three families overdue are one message to the manager, not one for each row."""
    for n in range(3):
        allocated(connection, council, at=MONDAY + timedelta(minutes=n), surname=f"Family {n}")
    digested(connection, datetime(2026, 3, 10, 10, tzinfo=UTC))
    [message] = letters(connection, council["manager"])
    assert message.subject == "3 time limits need you"
    assert message.body.count(f"{LINK}/cases/EH-") == 3


def test_the_same_alerts_never_make_a_second_message(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    at = datetime(2026, 3, 10, 10, tzinfo=UTC)
    digested(connection, at)
    assert [digested(connection, at + timedelta(minutes=n)) for n in range(1, 60)] == [0] * 59
    connection.execute(update(Alert).values(told_at=None))
    before = len(letters(connection))
    write_digests(connection, now=at, base_url=LINK)
    assert len(letters(connection)) == before


def test_a_message_names_no_child(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council)
    digested(connection, datetime(2026, 3, 10, 10, tzinfo=UTC))
    [message] = letters(connection, council["manager"])
    assert reference in message.body
    assert "First contact with the family" in message.body
    assert "by end of Mon 9 March 2026" in message.body
    assert "Wenna" not in message.body
    assert "Tregenza" not in message.body


def test_nobody_is_told_at_night_or_at_the_weekend_but_of_what_is_urgent(
    connection: Connection, council: Council
) -> None:
    """Item 4: alerts at midnight and weekends although service hours are set."""
    allocated(connection, council)
    friday = datetime(2026, 3, 6, 16, 50, tzinfo=UTC)
    contact(connection, council, at=friday, surname="Pascoe")
    saturday = friday + days(1)
    swept(connection, saturday)
    connection.execute(update(Alert).values(urgent=Alert.clock == "screening_decision", audience="manager"))
    write_digests(connection, now=saturday, base_url=LINK)
    told = {(a.clock, a.told_at is not None) for a in alerts(connection)}
    assert ("first_contact", True) not in told
    assert all(message.urgent for message in letters(connection))


def test_the_morning_tells_what_the_night_raised_in_one_message(
    connection: Connection, council: Council
) -> None:
    allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    opens = datetime(2026, 3, 10, 9, tzinfo=UTC)
    for at in (due - days(3), due - days(1), due, opens - timedelta(seconds=1)):
        assert digested(connection, at) == 0 or at.hour in range(9, 17)
    digested(connection, opens)
    [message] = letters(connection, council["manager"])
    assert message.next_attempt_at == opens


def test_what_was_settled_before_it_was_told_is_not_told(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    swept(connection, due)
    fields = {"how": "home_visit", "child_seen": True, "childs_voice": "Showed her drawings"}
    act(
        connection,
        reference,
        "record_first_contact",
        council["lead"],
        fields,
        now=due + timedelta(hours=1),
        occurred_at=due - timedelta(hours=9),
    )
    write_digests(connection, now=due + timedelta(hours=10), base_url=LINK)
    assert all("First contact" not in message.body for message in letters(connection))


def test_one_line_for_a_clock_that_climbed_its_whole_ladder(connection: Connection, council: Council) -> None:
    """After an outage: the furthest stage speaks for the others."""
    allocated(connection, council)
    digested(connection, datetime(2026, 3, 13, 10, tzinfo=UTC))
    connection.execute(update(OutboxMessage).values(status="sent"))
    [message] = letters(connection, council["lead"])
    assert message.body.count("First contact with the family") == 1
    assert "overdue" in message.body


def test_a_restricted_case_is_told_only_to_those_who_may_see_it(
    connection: Connection, council: Council
) -> None:
    contact(connection, council)
    connection.execute(update(Case).values(restricted=True))
    digested(connection, datetime(2026, 3, 5, 10, tzinfo=UTC))
    assert {message.recipient_id for message in letters(connection)} == {council["service_manager"].id}


def test_an_alert_with_nobody_to_hear_it_goes_to_service_managers(
    connection: Connection, council: Council
) -> None:
    allocated(connection, council)
    swept(connection, the_clock(connection, "first_contact").due_at)
    for what in ("manager", "lead"):
        connection.execute(update(User).where(User.id == council[what].id).values(active=False))
    write_digests(connection, now=datetime(2026, 3, 10, 10, tzinfo=UTC), base_url=LINK)
    assert {message.recipient_id for message in letters(connection)} == {council["service_manager"].id}


def test_a_council_without_people_still_sweeps_and_keeps_its_alerts(
    connection: Connection, council: Council, caplog: pytest.LogCaptureFixture
) -> None:
    reference = allocated(connection, council)
    swept(connection, the_clock(connection, "first_contact").due_at)
    connection.execute(update(User).values(active=False))
    assert write_digests(connection, now=datetime(2026, 3, 10, 10, tzinfo=UTC), base_url=LINK) == 0
    assert reference in caplog.text
    assert {alert.status for alert in alerts(connection, "first_contact")} == {"open"}


def test_a_long_digest_ends_with_where_to_see_the_rest(
    connection: Connection, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "MOST_LINES", 3)
    for n in range(8):
        contact(connection, council, at=MONDAY + timedelta(minutes=n), surname=f"Family {n}")
    digested(connection, datetime(2026, 3, 5, 10, tzinfo=UTC))
    [message] = letters(connection, council["screening_manager"])
    assert message.body.endswith(f"And 5 more: {LINK}/")


def test_the_news_of_an_action_at_night_waits_for_the_office(
    connection: Connection, council: Council
) -> None:
    """Item 4 again: allocation typed on a Saturday evening is told on Monday at nine."""
    allocated(connection, council, at=datetime(2026, 3, 7, 20, tzinfo=UTC))
    message = connection.execute(select(OutboxMessage).where(OutboxMessage.topic == "case")).one()
    assert message.next_attempt_at == datetime(2026, 3, 9, 9, tzinfo=UTC)


def test_due_words_name_the_last_day_or_the_hour() -> None:
    assert due_words(datetime(2026, 3, 11, tzinfo=UTC)) == "by end of Tue 10 March 2026"
    assert due_words(datetime(2026, 7, 1, 14, 5, tzinfo=UTC)) == "by 15:05 on Wed 1 July 2026"


# --- Sending ------------------------------------------------------------------------------------------------


@dataclass
class Recorder:
    """A channel that answers as told, in turn; afterwards it takes everything."""

    answers: list[Exception] = field(default_factory=list)
    taken: list[Letter] = field(default_factory=list)
    offered: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        self.offered.append(letter)
        if self.answers:
            raise self.answers.pop(0)
        self.taken.append(letter)


def put(engine: Engine, key: str, *, at: datetime = MONDAY, **more: Any) -> None:
    with transaction(engine) as connection:
        person = connection.scalar(select(User.id).order_by(User.id).limit(1))
        row = {
            "message_key": key,
            "topic": "alerts",
            "recipient_id": person,
            "subject": "EH-234-6789: First contact",
            "body": "Overdue",
            "created_at": at,
            "status": "waiting",
            "next_attempt_at": at,
        }
        connection.execute(insert(OutboxMessage).values(**row | more))


def send(engine: Engine, channel: Any, at: datetime = MONDAY) -> Any:
    return send_waiting(engine, channel, lambda: at, base_url=LINK)


def message(engine: Engine, key: str) -> Row[Any]:
    with reading(engine) as connection:
        return connection.execute(select(OutboxMessage).where(OutboxMessage.message_key == key)).one()


def test_a_message_is_sent_once_when_its_time_has_come(engine: Engine) -> None:
    council_in(engine)
    put(engine, "a", at=MONDAY + timedelta(hours=1))
    channel = Recorder()
    assert send(engine, channel).sent == 0
    assert send(engine, channel, MONDAY + timedelta(hours=1)).sent == 1
    assert send(engine, channel, MONDAY + timedelta(hours=2)).sent == 0
    assert message(engine, "a").sent_at == MONDAY + timedelta(hours=1)


def test_a_failing_channel_is_tried_again_ever_more_rarely_and_then_the_message_is_dead(
    engine: Engine,
) -> None:
    council_in(engine)
    put(engine, "a")
    channel = Recorder([NotTaken("busy")] * 20)
    at, waits = MONDAY, []
    while message(engine, "a").status == "waiting":
        send(engine, channel, at)
        waits.append(message(engine, "a").next_attempt_at - at)
        at = max(at, message(engine, "a").next_attempt_at)
    assert len(channel.offered) == MOST_ATTEMPTS == 8
    assert tuple(waits[:-1]) == BACKOFF
    assert message(engine, "a").last_error == "busy"


def test_what_can_never_be_delivered_is_not_tried_again(engine: Engine) -> None:
    council_in(engine)
    put(engine, "a")
    assert send(engine, Recorder([Undeliverable("no such mailbox")])).dead == 1
    assert message(engine, "a").status == "dead"


def test_a_dead_message_can_be_sent_again_by_hand_and_the_channel_is_told_of_the_earlier_try(
    engine: Engine,
) -> None:
    council_in(engine)
    put(engine, "a")
    send(engine, Recorder([Undeliverable("mailbox full")]))
    with transaction(engine) as connection:
        assert send_again(connection, message_id=message(engine, "a").id, now=MONDAY)
        assert not send_again(connection, message_id=message(engine, "a").id, now=MONDAY)
    channel = Recorder()
    send(engine, channel)
    assert [letter.tried_before for letter in channel.taken] == [True]


def test_a_sender_that_died_leaves_its_message_to_another_after_the_lease(engine: Engine) -> None:
    council_in(engine)
    put(engine, "a")
    with pytest.raises(KeyboardInterrupt):
        send(engine, Recorder([KeyboardInterrupt()]))  # type: ignore[list-item]
    channel = Recorder()
    assert send(engine, channel, MONDAY + LEASE - timedelta(seconds=1)).sent == 0
    assert send(engine, channel, MONDAY + LEASE).sent == 1
    assert channel.taken[0].tried_before


def test_what_was_sent_to_a_referrer_is_not_kept_for_its_private_link(engine: Engine) -> None:
    council_in(engine)
    link = {"recipient_id": None, "address": "jo@school.example", "body": f"{LINK}/receipt/secret"}
    put(engine, "a", **link, topic="referrer")
    channel = Recorder([NotTaken("busy")])
    send(engine, channel)
    assert message(engine, "a").body == f"{LINK}/receipt/secret"
    send(engine, channel, MONDAY + days(1))
    assert channel.taken[0].body == f"{LINK}/receipt/secret"
    assert message(engine, "a").body == ""


def test_a_closed_account_gets_nothing(engine: Engine) -> None:
    council = council_in(engine)
    put(engine, "a", recipient_id=council["lead"].id)
    with transaction(engine) as connection:
        connection.execute(update(User).where(User.id == council["lead"].id).values(active=False))
    channel = Recorder()
    assert send(engine, channel).dead == 1
    assert channel.offered == []


def test_news_of_last_month_is_not_sent_when_a_channel_is_set_at_last(engine: Engine) -> None:
    council_in(engine)
    put(engine, "a")
    channel = Recorder()
    assert send(engine, channel, MONDAY + days(30)).dead == 1
    assert channel.offered == []


def test_the_message_of_an_action_links_to_its_case(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        reference = allocated(connection, council)
    channel = Recorder()
    send(engine, channel)
    [letter] = channel.taken
    assert letter.to == council["lead"].email
    assert f"{LINK}/cases/{reference}" in letter.body


def test_several_senders_at_once_send_each_message_once(fresh_engine: Engine) -> None:
    council_in(fresh_engine)
    for n in range(30):
        put(fresh_engine, f"m{n}")
    channel = Recorder()
    threads = [threading.Thread(target=send, args=(fresh_engine, channel)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(letter.key for letter in channel.taken) == sorted(f"m{n}" for n in range(30))


# --- A real SMTP server on this machine ---------------------------------------------------------------------


class Mailbox:
    """Keeps what it is sent; refuses recipients as told."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refusals: list[str] = []
        self.lost_answers = 0

    async def handle_RCPT(  # noqa: N802  the name aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
        if self.lost_answers:
            self.lost_answers -= 1
            server.transport.close()
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, SmtpChannel]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield (
        box,
        SmtpChannel.from_url(f"smtp://127.0.0.1:{controller.port}", "Early help <help@council.example>"),
    )
    controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


LETTER = Letter("alerts-7-ab12", "lead@council.example", "One\nBcc: evil@example.com", "Overdue", False)


def test_a_mail_arrives_with_its_key_as_message_id(mailbox: tuple[Mailbox, SmtpChannel]) -> None:
    box, channel = mailbox
    channel.send(LETTER)
    channel.send(LETTER)
    assert {mail["Message-ID"] for _, mail in box.mails} == {"<alerts-7-ab12@council.example>"}
    assert box.mails[0][0] == ["lead@council.example"]
    assert box.mails[0][1].get_payload().strip() == "Overdue"


def test_nobody_adds_a_header_through_a_subject(mailbox: tuple[Mailbox, SmtpChannel]) -> None:
    box, channel = mailbox
    channel.send(LETTER)
    assert box.mails[0][1]["Bcc"] is None
    assert box.mails[0][1]["Subject"] == "One Bcc: evil@example.com"


@pytest.mark.parametrize(
    "address", ["a@b.example\nBcc: c@d.example", "not an address", "a@b.example, c@d.example"]
)
def test_an_address_that_is_none_is_undeliverable(mailbox: tuple[Mailbox, SmtpChannel], address: str) -> None:
    box, channel = mailbox
    with pytest.raises(Undeliverable):
        channel.send(Letter("k", address, "s", "b", False))
    assert box.mails == []


def test_a_mailbox_refused_for_ever_is_undeliverable_and_one_for_now_is_not(
    mailbox: tuple[Mailbox, SmtpChannel],
) -> None:
    box, channel = mailbox
    box.refusals = ["550 no such user", "451 try later"]
    with pytest.raises(Undeliverable, match="no such user"):
        channel.send(LETTER)
    with pytest.raises(NotTaken, match="try later"):
        channel.send(LETTER)


def test_a_lost_answer_means_the_same_mail_again_never_none(
    engine: Engine, mailbox: tuple[Mailbox, SmtpChannel]
) -> None:
    box, channel = mailbox
    council_in(engine)
    put(engine, "a")
    box.lost_answers = 1
    assert send(engine, channel).waiting == 1
    assert send(engine, channel, MONDAY + BACKOFF[0]).sent == 1
    assert [mail["Message-ID"] for _, mail in box.mails] == ["<a@council.example>"] * 2


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_server_that_asks_for_a_password_gets_the_one_of_the_settings() -> None:
    def right(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (b"me", b"s@fe"), handled=False)

    box = Mailbox()
    asks = {"authenticator": right, "auth_required": True, "auth_require_tls": False}
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), **asks)
    controller.start()
    try:
        for password, mails in (("s%40fe", 1), ("wrong", 1)):
            channel = SmtpChannel.from_url(f"smtp://me:{password}@127.0.0.1:{controller.port}", "a@b.example")
            if password == "wrong":
                with pytest.raises(NotTaken):
                    channel.send(LETTER)
            else:
                channel.send(LETTER)
            assert len(box.mails) == mails
    finally:
        controller.stop()


@pytest.mark.parametrize("url", ["smtp://127.0.0.1:{}?starttls=yes", "smtps://127.0.0.1:{}"])
def test_encryption_that_was_asked_for_is_not_done_without(
    mailbox: tuple[Mailbox, SmtpChannel], url: str
) -> None:
    """The server speaks no TLS: the letter waits rather than go in clear."""
    box, plain = mailbox
    with pytest.raises(NotTaken):
        SmtpChannel.from_url(url.format(plain.port), "a@b.example").send(LETTER)
    assert box.mails == []


def test_no_server_is_tried_again_later() -> None:
    with pytest.raises(NotTaken):
        SmtpChannel("127.0.0.1", 9, "a@b.example", timeout=1).send(LETTER)


def test_a_password_never_goes_in_clear_over_the_network() -> None:
    with pytest.raises(SettingsError, match="in clear"):
        SmtpChannel.from_url("smtp://me:secret@mail.example:25", "a@b.example")
    safe = SmtpChannel.from_url("smtp://me:s%40fe@mail.example?starttls=yes", "a@b.example")
    assert (safe.tls, safe.port, safe.password) == ("starttls", 587, "s@fe")
    assert SmtpChannel.from_url("smtps://mail.example", "a@b.example").port == 465


# --- A server that speaks as GOV.UK Notify ------------------------------------------------------------------


class NotifyStandIn:
    """Takes e-mails as Notify does. `behaviours` is what it does with each POST in turn: ok, fail, lost, stall, 400."""

    def __init__(self) -> None:
        self.behaviours: list[str] = []
        self.emails: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.lock = threading.Lock()

    def post(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self.lock:
            behaviour = self.behaviours.pop(0) if self.behaviours else "ok"
            if behaviour == "fail":
                return 500, {"errors": [{"error": "Exception", "message": "Internal server error"}]}
            if behaviour == "400":
                return 400, {
                    "errors": [{"error": "ValidationError", "message": "email_address is not valid"}]
                }
            if behaviour == "429":
                return 429, {"errors": [{"error": "RateLimitError", "message": "Exceeded rate limit"}]}
            self.emails.append(body)
        if behaviour == "lost":
            return 500, {"errors": []}
        if behaviour == "stall":
            threading.Event().wait(0.6)
        return 201, {"id": f"id-{len(self.emails)}", "reference": body["reference"]}

    def find(self, reference: str) -> dict[str, Any]:
        self.asked.append(reference)
        found = [{"reference": e["reference"], "status": "created"} for e in self.emails]
        return {"notifications": [e for e in found if e["reference"] == reference], "links": {}}


@pytest.fixture
def notify() -> Iterator[tuple[NotifyStandIn, NotifyChannel]]:
    stand_in = NotifyStandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(*stand_in.post(body))

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            self._answer(200, stand_in.find(asked["reference"][0]))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except BrokenPipeError:
                self.close_connection = True

        def log_message(self, *_arguments: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    channel = NotifyChannel.with_key(
        NOTIFY_KEY, "template", f"http://127.0.0.1:{server.server_port}", timeout=0.3
    )
    yield stand_in, channel
    channel.client.request_session.close()
    server.shutdown()
    server.server_close()
    thread.join()


def until_settled(engine: Engine, channel: Any, keys: list[str]) -> None:
    """Run the sender as the worker would, as long as anything waits."""
    at = MONDAY
    while any(message(engine, key).status == "waiting" for key in keys):
        send(engine, channel, at)
        at += timedelta(minutes=30)


@pytest.mark.parametrize("trouble", ["fail", "lost", "stall", "429"])
def test_nobody_gets_a_message_twice_from_notify_and_none_is_dropped(
    engine: Engine, notify: tuple[NotifyStandIn, NotifyChannel], trouble: str
) -> None:
    """It fails, it loses the answer, it takes too long: each message arrives exactly once."""
    stand_in, channel = notify
    council_in(engine)
    keys = [f"m{n}" for n in range(3)]
    for key in keys:
        put(engine, key)
    stand_in.behaviours = [trouble, "ok", trouble, trouble]
    until_settled(engine, channel, keys)
    assert sorted(e["reference"] for e in stand_in.emails) == keys
    assert {message(engine, key).status for key in keys} == {"sent"}


def test_notify_gets_subject_and_body_as_fields_of_its_template(
    notify: tuple[NotifyStandIn, NotifyChannel],
) -> None:
    stand_in, channel = notify
    channel.send(Letter("k", "lead@council.example", "Subject", "Body", False))
    [sent] = stand_in.emails
    assert sent["personalisation"] == {"subject": "Subject", "body": "Body"}
    assert (sent["template_id"], sent["reference"], stand_in.asked) == ("template", "k", [])


def test_an_address_that_notify_refuses_is_undeliverable(
    notify: tuple[NotifyStandIn, NotifyChannel],
) -> None:
    stand_in, channel = notify
    stand_in.behaviours = ["400"]
    with pytest.raises(Undeliverable, match="not valid"):
        channel.send(LETTER)


def test_before_a_second_try_notify_is_asked_and_when_it_cannot_answer_nothing_is_sent() -> None:
    channel = NotifyChannel.with_key(NOTIFY_KEY, "template", "http://127.0.0.1:9", timeout=0.3)
    with pytest.raises(NotTaken, match="could not ask"):
        channel.send(Letter("k", "lead@council.example", "s", "b", True))


def test_the_settings_choose_the_channel(tmp_path: Any) -> None:
    plain = {"database_url": "sqlite://", "instance_path": tmp_path}
    assert channel_for(Settings(**plain)) is None
    smtp = channel_for(Settings(**plain, messages="smtp", smtp_url="smtp://localhost:2525"))
    assert isinstance(smtp, SmtpChannel)
    notify = {"messages": "notify", "notify_template_id": "t"}
    assert isinstance(channel_for(Settings(**plain, **notify, notify_api_key=NOTIFY_KEY)), NotifyChannel)
    with pytest.raises(SettingsError):
        channel_for(Settings(**plain, **notify, notify_api_key="short"))
