"""No secret is ever in the repository: every file that git keeps is looked through, by what secrets look like."""

import re
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
SECRETS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "a key of a cloud": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token of a code host": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|glpat-[A-Za-z0-9_-]{20,})\b"),
    "a token of a messenger": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a signed token": re.compile(r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}"),
    "a key of GOV.UK Notify": re.compile(
        r"\b[a-z_]+-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9a-f]{8}-"
    ),
    "an address with a password": re.compile(
        r"\b(?:postgresql|smtps?|https?)://[^\s:/@'\"]+:(?!PASSWORD)[^\s@/'\"{<*…]{6,}@"
    ),
    "a setting that holds a secret": re.compile(
        r"EARLYHELP_(?:SECRET_KEY|OIDC_CLIENT_SECRET|NOTIFY_API_KEY)=[\"']?[A-Za-z0-9+/=_-]{16,}"
    ),
}
READ = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".sh",
    ".html",
    ".js",
    ".json",
    ".yml",
    ".yaml",
    ".cfg",
    ".ini",
    ".csv",
    "",
}
LOOKS_LIKE_ONE = {
    "tests/casework/test_webhooks.py",
    "tests/test_settings.py",
    "tests/casework/test_messages.py",
    "tests/test_no_secret_is_kept.py",
}
"""Files whose made-up secrets are what they test."""


def kept_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [CHECKOUT / name for name in listed.stdout.split("\0") if name]


def found_in(words: str) -> list[str]:
    return [name for name, pattern in SECRETS.items() if pattern.search(words)]


def test_no_file_of_the_repository_holds_a_secret() -> None:
    held = {
        path.relative_to(CHECKOUT).as_posix(): found
        for path in kept_files()
        if path.suffix in READ and path.is_file() and (found := found_in(path.read_text(errors="replace")))
    }
    assert {name: found for name, found in held.items() if name not in LOOKS_LIKE_ONE} == {}


def test_files_that_hold_secrets_are_not_kept() -> None:
    endings = {".pem", ".key", ".p12", ".db", ".sqlite3", ".env"}
    assert [path.name for path in kept_files() if path.suffix in endings or path.name == "secret_key"] == []


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN " + "PRIVATE KEY-----",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "postgresql://earlyhelp:" + "hunter2hunter@db/earlyhelp",
        "EARLYHELP_SECRET_KEY=" + "0123456789abcdef" * 2,
    ],
)
def test_the_search_knows_a_secret_when_it_sees_one(secret: str) -> None:
    assert found_in(f"before {secret} after") != []
