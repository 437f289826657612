"""The locks install the same packages anywhere: from a public index, a council's mirror, or a folder."""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
LOCKS = sorted(REQUIREMENTS.glob("*.txt"))


@pytest.fixture(params=LOCKS, ids=lambda path: path.name)
def lock(request: pytest.FixtureRequest) -> str:
    return Path(request.param).read_text()


def test_a_lock_names_no_address_and_no_path(lock: str) -> None:
    assert (
        re.findall(r"https?:|file:|git\+| @ |--(?:extra-)?index|--find-links|--trusted-host|^/", lock, re.M)
        == []
    )


def test_every_locked_package_has_one_version_and_hashes(lock: str) -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", re.sub(r"^\s*#.*\n", "", lock, flags=re.M), flags=re.M)
    bare = [
        entry for entry in entries if entry.strip() and not re.match(r"\S+==\S+.*--hash=sha256:", entry, re.S)
    ]
    assert bare == []


def test_development_installs_exactly_what_runs_in_production() -> None:
    runtime, dev = (_pins((REQUIREMENTS / f"{name}.txt").read_text()) for name in ("runtime", "dev"))
    assert runtime <= dev


def _pins(lock: str) -> set[str]:
    return set(re.findall(r"^\S+==\S+", lock, re.M))
