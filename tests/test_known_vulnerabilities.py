"""No locked package has a vulnerability that was known when the extract was taken (`make audit` asks for newer)."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.support.advisories import Advisory, kept, locked, read_archive


def test_no_locked_package_has_a_known_vulnerability() -> None:
    extract = kept()
    found = {(name, version): extract.affecting(name, version) for name, version in locked()}
    assert {each: advisories for each, advisories in found.items() if advisories} == {}


def test_every_locked_package_has_been_looked_up() -> None:
    """A package that nobody asked about must not pass: `python -m tests.support.advisories` asks about all."""
    assert {name for name, _ in locked()} - kept().packages == set()


@pytest.mark.parametrize(
    ("name", "version"),
    [("jinja2", "2.11.2"), ("urllib3", "1.26.4"), ("werkzeug", "2.2.2"), ("certifi", "2023.5.7")],
)
def test_old_versions_would_be_found(name: str, version: str) -> None:
    assert kept().affecting(name, version) != []


def record(**affected: object) -> str:
    package = {"name": "Some.Package", "ecosystem": "PyPI"}
    return json.dumps({"id": "PYSEC-1", "aliases": ["CVE-1"], "affected": [{"package": package, **affected}]})


def test_an_archive_is_read_by_ranges_and_by_single_versions(tmp_path: Path) -> None:
    events = [
        {"introduced": "0"},
        {"fixed": "1.2"},
        {"introduced": "2.0"},
        {"last_affected": "2.3"},
        {"introduced": "3"},
    ]
    commits = {"type": "GIT", "events": [{"introduced": "0"}]}
    ranges = [{"type": "ECOSYSTEM", "events": events}, commits]
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("PYSEC-1.json", record(ranges=ranges, versions=["1.1", "1.7", "not a version"]))
        archive.writestr(
            "PYSEC-2.json", json.dumps({**json.loads(record()), "withdrawn": "2024-01-01T00:00:00Z"})
        )
    (read,) = read_archive(tmp_path / "all.zip", {"some-package", "another"})
    assert read == Advisory(
        "PYSEC-1", ("CVE-1",), "some-package", (">=0,<1.2", ">=2.0,<=2.3", ">=3"), ("1.7", "not a version")
    )
    versions = ["1.1", "1.2", "1.7", "2.3", "2.4", "3.1rc1", "3.0"]
    assert [each for each in versions if read.affects(each)] == ["1.1", "1.7", "2.3", "3.1rc1", "3.0"]
