"""Everything the environment can say, typed and checked at start, with a clear word for each fault."""

import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from earlyhelp.settings import checks
from earlyhelp.settings.checks import LEAST_SECRET
from earlyhelp.settings.declared import EVERY_ONE, Declared

PREFIX = "EARLYHELP_"
OF_TESTS = (f"{PREFIX}TEST_", f"{PREFIX}BENCH_")
"""What begins so is for those who work on this program, who have it beside the settings."""
KEY_FILE = "secret_key"
NEEDED_FOR_MESSAGES = {"none": (), "smtp": ("smtp_url",), "notify": ("notify_api_key", "notify_template_id")}


class SettingsError(Exception):
    """One or more settings cannot be used; every fault is told at once, on one line."""


@dataclass(frozen=True)
class Settings:
    """The settings of one installation. Secrets, and addresses that hold one, do not show in its representation."""

    database_url: str = field(repr=False)
    instance_path: Path
    secret_key: str = field(default="", repr=False)
    reporting_database_url: str | None = field(default=None, repr=False)
    migration_database_url: str | None = field(default=None, repr=False)
    checkpoint_file: Path | None = None
    checkpoint_mail: str | None = None
    base_url: str = "http://127.0.0.1:5000"
    service_name: str = "Early help"
    secure_cookies: bool = True
    second_factor_roles: tuple[str, ...] = ()
    breached_passwords: Path | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    oidc_groups: Mapping[str, str] = field(default_factory=dict)
    oidc_trust_email: bool = False
    local_sign_in: bool = True
    allowed_hosts: tuple[str, ...] = ()
    workflows_path: Path | None = None
    messages: str = "none"
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str = "earlyhelp@localhost"
    notify_api_key: str | None = field(default=None, repr=False)
    notify_template_id: str | None = None
    notify_base_url: str = "https://api.notifications.service.gov.uk"
    files_path: Path | None = None
    largest_file_mb: int = 10
    clamd_url: str | None = None
    claim_minutes: int = 30
    api_rate: int = 600
    webhooks_private: bool = False
    sweep_seconds: int = 60
    pool_size: int = 5
    trusted_proxies: int = 0
    directory_feed: str | None = None
    directory_private: bool = False
    requests_per_hour: int = 30
    demo: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and check them all. Raises SettingsError naming each that is wrong and how to mend it."""
        faults: list[str] = []
        values = {_attribute(declared.name): _read(declared, environ, faults) for declared in EVERY_ONE}
        given = {name: value for name, value in values.items() if value is not None}
        faults += _missing_for_messages(given, environ)
        faults += _missing_for_single_sign_on(given, environ)
        if faults:
            raise SettingsError("; ".join(faults))
        # Used where a file is opened, below this layer; read here so that a slip is told at start.
        del given["sqlite_synchronous"]
        return cls(**{"database_url": _file_in(given["instance_path"]), **given})

    @property
    def checkpoints(self) -> Path:
        """The file of signed checkpoints."""
        return self.checkpoint_file or self.instance_path / "checkpoints.jsonl"

    @property
    def files_folder(self) -> Path:
        """Where attached files lie."""
        return self.files_path or self.instance_path / "files"

    @property
    def feed_within_network(self) -> str:
        """Whether a feed of services may lie within our own network, as `fetch` asks for it."""
        return "allowed" if self.directory_private else "refused"

    def with_secret(self) -> "Settings":
        """The settings, if they hold the secret key that web processes must share; SettingsError otherwise."""
        if not self.secret_key:
            raise SettingsError(
                f"EARLYHELP_SECRET_KEY is not set: give at least {LEAST_SECRET} characters that nobody can guess"
            )
        return self


def not_settings(environ: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each variable that looks like a setting and is none: a slip in a name sets nothing."""
    known = {declared.name.removeprefix(PREFIX) for declared in EVERY_ONE}
    for name in sorted(environ):
        told = name.upper()
        if (
            told.startswith(PREFIX)
            and not told.startswith(OF_TESTS)
            and name.removeprefix(PREFIX) not in known
        ):
            alike = get_close_matches(told.removeprefix(PREFIX), known, n=1, cutoff=0.75)
            meant = [f"Did you mean {PREFIX}{word}?" for word in alike]
            yield " ".join([f"{name} is not a setting.", *meant])


def kept_secret(instance_path: Path) -> str:
    """The secret key that a demonstration made for itself in its instance folder, readable by its owner only."""
    path = instance_path / KEY_FILE
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return _secret_in(path)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(LEAST_SECRET))
    return _secret_in(path)


def _attribute(name: str) -> str:
    return name.removeprefix(PREFIX).lower()


def _read(declared: Declared, environ: Mapping[str, str], faults: list[str]) -> Any:
    """The checked value; None where there is none, or where its fault was added to the others."""
    text = environ.get(declared.name, "").strip() or declared.default
    if text is None:
        return None
    try:
        return declared.check(text)
    except ValueError as fault:
        faults.append(f"{declared.name}: {fault}")
        return None


def _missing_for_messages(given: Mapping[str, Any], environ: Mapping[str, str]) -> list[str]:
    """What the way of sending needs and nobody gave. What was given and is wrong has its fault already."""
    channel = given.get("messages", "none")
    names = [PREFIX + needed.upper() for needed in NEEDED_FOR_MESSAGES[channel]]
    missing = [name for name in names if not environ.get(name, "").strip()]
    return [f"{name}: needed because {PREFIX}MESSAGES is {channel}" for name in missing]


def _missing_for_single_sign_on(given: Mapping[str, Any], environ: Mapping[str, str]) -> list[str]:
    """A provider is of use only with everything that it asks for; without one somebody must be able to sign in."""
    if given.get("oidc_issuer") is None:
        off = given.get("local_sign_in") is False
        return [f"{PREFIX}LOCAL_SIGN_IN: cannot be no without {PREFIX}OIDC_ISSUER"] if off else []
    names = [f"{PREFIX}OIDC_{part}" for part in ("CLIENT_ID", "CLIENT_SECRET", "GROUPS")]
    missing = [name for name in names if not environ.get(name, "").strip()]
    return [f"{name}: needed because {PREFIX}OIDC_ISSUER is set" for name in missing]


def _file_in(folder: Path) -> str:
    return URL.create("sqlite", database=str(folder / "earlyhelp.db")).render_as_string(hide_password=False)


def _secret_in(path: Path) -> str:
    try:
        return checks.secret(path.read_text().strip())
    except (ValueError, OSError) as fault:
        raise SettingsError(f"{path} {fault}: remove it, and it is made anew") from None
