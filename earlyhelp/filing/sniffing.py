"""What a file is, by its content and never by its name."""

import lzma
import zlib
from io import BytesIO
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."


class Kind(NamedTuple):
    """A kind of file that may be kept, and the ending its name is given."""

    media_type: str
    ending: str


PDF = Kind("application/pdf", "pdf")
JPEG = Kind("image/jpeg", "jpg")
PNG = Kind("image/png", "png")
GIF = Kind("image/gif", "gif")
WEBP = Kind("image/webp", "webp")
TIFF = Kind("image/tiff", "tif")
HEIC = Kind("image/heic", "heic")
DOCX = Kind(f"{OFFICE}wordprocessingml.document", "docx")
XLSX = Kind(f"{OFFICE}spreadsheetml.sheet", "xlsx")
PPTX = Kind(f"{OFFICE}presentationml.presentation", "pptx")
ODT = Kind(f"{OPEN}text", "odt")
ODS = Kind(f"{OPEN}spreadsheet", "ods")
ODP = Kind(f"{OPEN}presentation", "odp")
BEGINNINGS = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
)
PARTS = (("word/document.xml", DOCX), ("xl/workbook.xml", XLSX), ("ppt/presentation.xml", PPTX))
OPEN_KINDS = {kind.media_type.encode(): kind for kind in (ODT, ODS, ODP)}
HEIC_BRANDS = {b"heic", b"heix", b"mif1", b"heim", b"heis"}
MOST_PARTS = 5000
MOST_UNPACKED = 500_000_000
"""Bytes that an office document says it unpacks to: with more it is made to choke whoever opens it."""
DAMAGED = (zlib.error, lzma.LZMAError)


def sniffed(content: bytes) -> Kind | None:
    """The kind of file this is; None for what may not be kept, such as a programme or a document with macros."""
    for beginning, kind in BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        return HEIC
    return _in_zip(content) if content.startswith(b"PK\x03\x04") else None


def _is_macro(part: str) -> bool:
    return part.endswith("vbaProject.bin") or part.startswith(("Basic/", "Scripts/"))


def _in_zip(content: bytes) -> Kind | None:
    """Office documents are archives: told apart by the parts they hold. Nothing but a short first part is unpacked."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            names = [part.filename for part in parts]
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                return None
            if any(_is_macro(name) for name in names):
                return None
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                return OPEN_KINDS.get(archive.read("mimetype").strip())
    except (BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError, *DAMAGED):
        return None
    return next((kind for part, kind in PARTS if part in names), None)
