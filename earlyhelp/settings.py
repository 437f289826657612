"""Everything the environment can say, typed and checked at start, with a clear word for each fault."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

DOCUMENTED: Mapping[str, str] = {
    "EARLYHELP_DATABASE_URL": "where the records are: sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME; "
    "without it a SQLite file in the instance folder",
    "EARLYHELP_REPORTING_DATABASE_URL": "a read-only replica for reports; without it the database itself",
    "EARLYHELP_SECRET_KEY": "signs sessions and forms: at least 32 characters, the same for every process",
    "EARLYHELP_INSTANCE_PATH": "folder for files of this installation; without it ./instance",
    "EARLYHELP_BASE_URL": "address that people use, for links in messages, such as https://earlyhelp.example.gov.uk",
    "EARLYHELP_SERVICE_NAME": "name shown at the top of each page",
    "EARLYHELP_SECURE_COOKIES": "yes (the default) or no: whether cookies travel over https only",
    "EARLYHELP_WORKFLOWS_PATH": "folder of the council's own pathway files, read beside the shipped ones",
    "EARLYHELP_MESSAGES": "how messages go out: none (the default), smtp or notify",
    "EARLYHELP_SMTP_URL": "smtp://USER:PASSWORD@HOST:PORT or smtps://…",
    "EARLYHELP_MAIL_FROM": "sender's address of messages by SMTP",
    "EARLYHELP_NOTIFY_API_KEY": "key of GOV.UK Notify",
    "EARLYHELP_NOTIFY_TEMPLATE_ID": "e-mail template of GOV.UK Notify, with the fields subject and body",
    "EARLYHELP_NOTIFY_BASE_URL": "address of GOV.UK Notify, to be changed only for tests",
    "EARLYHELP_SWEEP_SECONDS": "how often the clocks are swept; 60 without it",
    "EARLYHELP_POOL_SIZE": "database connections per web process; 5 without it",
    "EARLYHELP_TRUSTED_PROXIES": "how many proxies in front set X-Forwarded-For; 0 without it",
}


class SettingsError(Exception):
    """One or more settings cannot be used; every fault is told at once."""


@dataclass(frozen=True)
class Settings:
    """The settings of one installation. Secrets do not show in its representation."""

    database_url: str = field(repr=False)
    instance_path: Path
    secret_key: str = field(default="", repr=False)
    reporting_database_url: str | None = field(default=None, repr=False)
    base_url: str = "http://127.0.0.1:5000"
    service_name: str = "Early help"
    secure_cookies: bool = True
    workflows_path: Path | None = None
    messages: str = "none"
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str = "earlyhelp@localhost"
    notify_api_key: str | None = field(default=None, repr=False)
    notify_template_id: str | None = None
    notify_base_url: str = "https://api.notifications.service.gov.uk"
    sweep_seconds: int = 60
    pool_size: int = 5
    trusted_proxies: int = 0
    demo: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and check them all. Raises SettingsError naming each that is wrong and how to mend it."""
        reader = _Reader(environ)
        instance = reader.read("EARLYHELP_INSTANCE_PATH", _folder, str(Path.cwd() / "instance"))
        database = f"sqlite:///{instance / 'earlyhelp.db'}" if isinstance(instance, Path) else "sqlite://"
        values: dict[str, Any] = {
            "instance_path": instance,
            "database_url": reader.read("EARLYHELP_DATABASE_URL", _database, database),
            "reporting_database_url": reader.read("EARLYHELP_REPORTING_DATABASE_URL", _database, None),
            "secret_key": reader.read("EARLYHELP_SECRET_KEY", _secret, None) or "",
            "base_url": reader.read("EARLYHELP_BASE_URL", _web_address, cls.base_url),
            "service_name": reader.read("EARLYHELP_SERVICE_NAME", str, cls.service_name),
            "secure_cookies": reader.read("EARLYHELP_SECURE_COOKIES", _yes_no, None),
            "workflows_path": reader.read("EARLYHELP_WORKFLOWS_PATH", _existing_folder, None),
            "messages": reader.read("EARLYHELP_MESSAGES", _channel, cls.messages),
            "smtp_url": reader.read("EARLYHELP_SMTP_URL", _smtp_address, None),
            "mail_from": reader.read("EARLYHELP_MAIL_FROM", _address, cls.mail_from),
            "notify_api_key": reader.read("EARLYHELP_NOTIFY_API_KEY", str, None),
            "notify_template_id": reader.read("EARLYHELP_NOTIFY_TEMPLATE_ID", str, None),
            "notify_base_url": reader.read("EARLYHELP_NOTIFY_BASE_URL", _web_address, cls.notify_base_url),
            "sweep_seconds": reader.read("EARLYHELP_SWEEP_SECONDS", _count_from_1, "60"),
            "pool_size": reader.read("EARLYHELP_POOL_SIZE", _count_from_1, "5"),
            "trusted_proxies": reader.read("EARLYHELP_TRUSTED_PROXIES", _count, "0"),
        }
        if values["secure_cookies"] is None:
            values["secure_cookies"] = True
        reader.check_channel(values)
        if reader.faults:
            raise SettingsError("; ".join(reader.faults))
        return cls(**values)

    def with_secret(self) -> "Settings":
        """The settings, if they hold the secret key that web processes must share; SettingsError otherwise."""
        if not self.secret_key:
            raise SettingsError(
                "EARLYHELP_SECRET_KEY is not set: give at least 32 characters that nobody can guess"
            )
        return self


class _Reader:
    """Reads one setting after another, keeping the faults."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def read(self, name: str, kind: Callable[[str], Any], default: str | None) -> Any:
        text = self.environ.get(name, "").strip() or default
        if text is None:
            return None
        try:
            return kind(text)
        except (ValueError, OSError) as fault:
            self.faults.append(f"{name}: {fault}")
            return None

    def check_channel(self, values: Mapping[str, Any]) -> None:
        if values["messages"] == "smtp" and not values["smtp_url"]:
            self.faults.append("EARLYHELP_SMTP_URL: needed because EARLYHELP_MESSAGES is smtp")
        if values["messages"] == "notify" and not (values["notify_api_key"] and values["notify_template_id"]):
            self.faults.append(
                "EARLYHELP_NOTIFY_API_KEY and EARLYHELP_NOTIFY_TEMPLATE_ID: needed because EARLYHELP_MESSAGES is notify"
            )


def _folder(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is not a folder")
    path.mkdir(parents=True, exist_ok=True)
    if not os.access(path, os.W_OK):
        raise ValueError(f"{path} cannot be written to")
    return path


def _existing_folder(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if not path.is_dir():
        raise ValueError(f"there is no folder {path}")
    return path


def _database(text: str) -> str:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("must be like sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME") from None
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ValueError("must be a sqlite or postgresql address")
    if url.get_backend_name() == "sqlite" and not url.database:
        raise ValueError("must name a file, as in sqlite:///PATH")
    return text


def _secret(text: str) -> str:
    if len(text) < 32:
        raise ValueError("must have at least 32 characters")
    return text


def _web_address(text: str) -> str:
    if not text.startswith(("http://", "https://")) or any(letter.isspace() for letter in text):
        raise ValueError("must begin with http:// or https://")
    return text.rstrip("/")


def _smtp_address(text: str) -> str:
    if not text.startswith(("smtp://", "smtps://")):
        raise ValueError("must be like smtp://USER:PASSWORD@HOST:PORT")
    return text


def _address(text: str) -> str:
    if "@" not in text or any(letter.isspace() for letter in text):
        raise ValueError("must be an e-mail address")
    return text


def _channel(text: str) -> str:
    if text not in {"none", "smtp", "notify"}:
        raise ValueError("must be none, smtp or notify")
    return text


def _yes_no(text: str) -> bool:
    if text.lower() not in {"yes", "no"}:
        raise ValueError("must be yes or no")
    return text.lower() == "yes"


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise ValueError("must be a whole number")
    return int(text)


def _count_from_1(text: str) -> int:
    if _count(text) < 1:
        raise ValueError("must be 1 or more")
    return int(text)
