"""Attached files: known by their content, kept by their digest, scanned where a scanner is."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest

from earlyhelp.filing import Scanner, ScannerSilent, Store, sniffed

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def damaged(packing: int) -> bytes:
    """An archive whose list of parts is whole, and whose first part cannot be unpacked."""
    out = BytesIO()
    with ZipFile(out, "w", packing) as file:
        file.writestr("mimetype", b"application/vnd.oasis.opendocument.text")
    content = bytearray(out.getvalue())
    for place in (38, 47, 50):
        content[place] ^= 0xFF
    return bytes(content)


def archive(*parts: str, mimetype: str = "") -> bytes:
    held = BytesIO()
    with ZipFile(held, "w") as made:
        if mimetype:
            made.writestr("mimetype", mimetype)
        for part in parts:
            made.writestr(part, "<xml/>")
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (b"%PDF-1.7\n...", "pdf"),
        (b"\xff\xd8\xff\xe0....", "jpg"),
        (PNG, "png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"\0\0\0\x18ftypheic\0\0", "heic"),
        (archive("[Content_Types].xml", "word/document.xml"), "docx"),
        (archive("xl/workbook.xml"), "xlsx"),
        (archive(mimetype="application/vnd.oasis.opendocument.text"), "odt"),
    ],
)
def test_a_file_is_known_by_its_content(content: bytes, ending: str) -> None:
    kind = sniffed(content)
    assert kind is not None
    assert kind.ending == ending


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00 a programme",
        b"<svg onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"#!/bin/sh",
        archive("word/document.xml", "word/vbaProject.bin"),
        archive("Basic/Standard/Module1.xml", mimetype="application/vnd.oasis.opendocument.text"),
        archive("something/else.txt"),
        archive(mimetype="x" * 5000),
        archive("word/document.xml")[:40],
        b"PK\x03\x04" + b"\xff" * 200,
        damaged(ZIP_DEFLATED),
        damaged(ZIP_LZMA),
    ],
    ids=range(13),  # an archive says when it was made: names of tests must be the same in every process
)
def test_what_could_do_harm_is_not_taken(content: bytes) -> None:
    assert sniffed(content) is None


def test_a_document_that_unpacks_to_more_than_anybody_wrote_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counted as the archive says it: a part that holds more than it says opens nowhere."""
    document = archive("word/document.xml", "word/styles.xml")
    assert sniffed(document) is not None
    monkeypatch.setattr("earlyhelp.filing.sniffing.MOST_UNPACKED", 2 * len("<xml/>") - 1)
    assert sniffed(document) is None


def test_a_file_is_kept_once_under_its_digest_and_read_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "files")
    digest = store.keep(PNG)
    assert store.keep(PNG) == digest
    assert store.read(digest) == PNG
    assert [path.name for path in (tmp_path / "files").rglob("*") if path.is_file()] == [digest]


def test_a_file_that_was_changed_on_the_disk_is_not_given_out(tmp_path: Path) -> None:
    store = Store(tmp_path)
    digest = store.keep(PNG)
    (tmp_path / digest[:2] / digest).write_bytes(b"something else")
    assert store.read(digest) is None
    assert store.read("0" * 64) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a" * 63, "A" * 64, "..", ""])
def test_no_name_leads_out_of_the_store(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        Store(tmp_path).read(name)


@contextmanager
def clamd(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A scanner that gives one answer; with the content that it was sent."""
    heard: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        talk, _ = listening.accept()
        with talk, talk.makefile("rb") as lines:
            assert lines.read(10) == b"zINSTREAM\0"
            while size := struct.unpack("!I", lines.read(4))[0]:
                heard.append(lines.read(size))
            talk.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{listening.getsockname()[1]}", heard
    finally:
        thread.join(5)
        listening.close()


@pytest.mark.parametrize(
    ("answer", "clean"), [(b"stream: OK\0", True), (b"stream: Eicar-Test-Signature FOUND\0", False)]
)
def test_the_scanner_is_sent_every_byte_and_believed(answer: bytes, clean: bool) -> None:
    content = PNG * 10_000
    with clamd(answer) as (address, heard):
        assert Scanner(address).finds_nothing_in(content) is clean
    assert b"".join(heard) == content


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: maybe\0"])
def test_a_scanner_that_does_not_say_clean_is_not_taken_to_have_said_it(answer: bytes) -> None:
    with clamd(answer) as (address, _), pytest.raises(ScannerSilent):
        Scanner(address).finds_nothing_in(PNG)


def test_a_scanner_that_is_not_there_is_silent(tmp_path: Path) -> None:
    with pytest.raises(ScannerSilent):
        Scanner(f"unix://{tmp_path}/clamd.sock").finds_nothing_in(PNG)
