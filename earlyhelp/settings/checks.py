"""What each kind of setting must look like. A check takes the text and gives the value, or a ValueError in words."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from earlyhelp.pathway.vocabulary import PEOPLE_ROLES

DRIVERS = frozenset({"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"})
LEAST_SECRET = 32


def folder(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is not a folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise ValueError(f"{path} cannot be made ({fault.strerror})") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ValueError(f"{path} cannot be written to")
    return path


def existing_folder(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if not path.is_dir():
        raise ValueError(f"there is no folder {path}")
    return path


def existing_file(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if not path.is_file() or not os.access(path, os.R_OK):
        raise ValueError(f"there is no file {path} that can be read")
    return path


def file_to_be(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    folder(str(path.parent))
    if path.is_dir():
        raise ValueError(f"{path} is a folder")
    return path


def roles(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in PEOPLE_ROLES]
    if unknown:
        raise ValueError(f"there is no role '{unknown[0]}'; roles are {', '.join(PEOPLE_ROLES)}")
    return names


def roles_by_group(text: str) -> dict[str, str]:
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not told or not all(isinstance(role, str) for role in told.values()):
        raise ValueError('must be JSON like {"GROUP": "screener"}')
    roles(",".join(told.values()))
    return {str(group): role.strip() for group, role in told.items()}


def database(text: str) -> str:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("must be like sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME") from None
    if url.drivername not in DRIVERS:
        raise ValueError("must begin with sqlite:/// or postgresql://")
    if url.get_backend_name() == "sqlite" and (url.host or url.database in {None, "", ":memory:"}):
        raise ValueError("must name a file, as in sqlite:///PATH (an absolute path has four slashes)")
    return text


def secret(text: str) -> str:
    if len(text) < LEAST_SECRET:
        raise ValueError(f"must have at least {LEAST_SECRET} characters")
    return text


def web_address(text: str) -> str:
    parts = _parts(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be like https://HOST, beginning with http:// or https://")
    return text.rstrip("/")


def feed_address(text: str) -> str:
    parts = _parts(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("must be like https://HOST/services, without a name or password")
    return text


def smtp_address(text: str) -> str:
    parts = _parts(text)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("must be like smtp://USER:PASSWORD@HOST:PORT or smtps://…")
    return text


def scanner_address(text: str) -> str:
    parts = _parts(text)
    right = {"tcp": parts.hostname and parts.port, "unix": parts.path and not parts.netloc}
    if not right.get(parts.scheme):
        raise ValueError("must be like tcp://HOST:PORT or unix:///PATH")
    return text


def _parts(text: str) -> SplitResult:
    """What was typed is never repeated: it may hold a password."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("is not an address: its host or port cannot be read") from None
    if any(letter.isspace() for letter in text):
        raise ValueError("must not hold a space")
    return parts


def hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(host.strip().lower() for host in text.split(",") if host.strip())
    if any(set(host) & set(" /:@*") for host in hosts):
        raise ValueError("must be names of hosts between commas, without https:// and without a port")
    return hosts


def mail_address(text: str) -> str:
    name, _, host = text.rpartition("@")
    if not name or not host or set(text) & set(":/,;<>") or any(letter.isspace() for letter in text):
        raise ValueError("must be an e-mail address alone, as in earlyhelp@example.gov.uk")
    return text


def one_of(*allowed: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"must be {', '.join(allowed[:-1])} or {allowed[-1]}")
        return text

    return check


def yes_no(text: str) -> bool:
    if text.lower() not in {"yes", "no"}:
        raise ValueError("must be yes or no")
    return text.lower() == "yes"


def count_from(least: int) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) < least:
            raise ValueError(f"must be a whole number, {least} or more")
        return int(text)

    return check
