"""Passwords that are guessed first are known in all their spellings; a council's own file is searched by halves."""

import hashlib
import tomllib
from itertools import product
from pathlib import Path

import pytest

from earlyhelp.casework.common_passwords import LIST, is_common

BREACHED = [f"breached phrase {number}" for number in range(200)]


@pytest.mark.parametrize(
    "password",
    [
        "Password1234",
        "p@ssw0rd2024!",
        "Council2026!",
        "QWERTYuiop12",
        "correct horse battery staple",
        "a" * 20,
    ],
)
def test_common_passwords_are_known_in_every_spelling(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize(
    "password", ["1q2w3e4r5t6y7u", "Minecraft123", "FinalFantasy", "justin bieber", "MEGAPAROL12345"]
)
def test_what_leaked_from_elsewhere_is_refused_in_every_spelling(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["pilchard umbrella lantern", "kX9#mQ2$vL7!", "a long enough password"])
def test_others_are_not(password: str) -> None:
    assert not is_common(password)


def test_the_list_is_as_long_as_it_is_said_to_be() -> None:
    listed = tomllib.loads(LIST.read_text())
    assert (
        len({first + then for first, then in product(listed["words"], listed["endings"] + listed["words"])})
        > 20_000
    )


@pytest.mark.parametrize("form", ["{}", "{}:42", "{}:42\r"])
def test_every_line_of_the_councils_file_is_found_and_nothing_else(tmp_path: Path, form: str) -> None:
    file = tmp_path / "pwned.txt"
    hashes = sorted(hashlib.sha1(password.encode()).hexdigest().upper() for password in BREACHED)
    file.write_bytes("".join(f"{form.format(each)}\n" for each in hashes).encode())
    assert all(is_common(password, breached=file) for password in BREACHED)
    assert not any(is_common(f"{password} no", breached=file) for password in BREACHED)


def test_an_empty_file_refuses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "none.txt"
    file.touch()
    assert not is_common("breached phrase 1", breached=file)
