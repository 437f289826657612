"""E-mail by SMTP: at least once. A letter sent again carries the same Message-ID, so that mail programs can tell."""

import re
import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import parse_qs, unquote, urlsplit

from earlyhelp.outbound.channel import Letter, NotTaken, Undeliverable
from earlyhelp.settings import SettingsError

TIMEOUT = 15.0
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class SmtpChannel:
    """`tls` is none, starttls (asked for with `?starttls=yes`) or implicit (`smtps://`)."""

    host: str
    port: int
    sender: str
    tls: str = "none"
    user: str | None = None
    password: str | None = None
    timeout: float = TIMEOUT

    @classmethod
    def from_url(cls, url: str, sender: str) -> "SmtpChannel":
        """The channel of `smtp://USER:PASSWORD@HOST:PORT`. SettingsError when it would tell a password to anybody."""
        parts = urlsplit(url)
        tls = "implicit" if parts.scheme == "smtps" else "none"
        if "yes" in parse_qs(parts.query).get("starttls", []):
            tls = "starttls"
        host = parts.hostname or ""
        if not host:
            raise SettingsError("EARLYHELP_SMTP_URL: names no host")
        if parts.username and tls == "none" and host not in LOOPBACK:
            raise SettingsError(
                "EARLYHELP_SMTP_URL: would send the password in clear: use smtps:// or ?starttls=yes"
            )
        return cls(
            host=host,
            port=parts.port or (465 if tls == "implicit" else 587 if tls == "starttls" else 25),
            sender=sender,
            tls=tls,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    def send(self, letter: Letter) -> None:
        message = self._message(letter)
        try:
            with self._connected() as server:
                if self.tls == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password or "")
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            _refuse(refused)
        except (smtplib.SMTPException, OSError) as fault:
            raise NotTaken(f"{type(fault).__name__}: {fault}") from fault

    def _connected(self) -> smtplib.SMTP:
        if self.tls == "implicit":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout)

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        try:
            message["From"] = self.sender
            message["To"] = Address(addr_spec=letter.to)
        except (MessageError, ValueError, IndexError) as fault:
            raise Undeliverable(f"not an e-mail address: {fault}") from fault
        message["Subject"] = " ".join(letter.subject.split())
        message["Message-ID"] = (
            f"<{_plain(letter.key)}@{_plain(self.sender.rpartition('@')[2].strip('<> '))}>"
        )
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body)
        return message


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.\-_]", "-", text) or "earlyhelp"


def _refuse(refused: smtplib.SMTPRecipientsRefused) -> None:
    """A 5xx answer is for ever, a 4xx (greylisting, a full mailbox) for now."""
    code, words = next(iter(refused.recipients.values()))
    said = f"{code} {words.decode(errors='replace')}"
    if code >= 500:
        raise Undeliverable(said) from refused
    raise NotTaken(said) from refused
