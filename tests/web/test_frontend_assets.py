"""What is vendored: no brand that is not ours, nothing missing, nothing that the content policy would refuse."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask

from earlyhelp.web.headers import POLICY

CHECKOUT = Path(__file__).parents[2]
STATIC = CHECKOUT / "earlyhelp" / "static"
STYLES = sorted(STATIC.glob("*.css"))
SCRIPTS = sorted(STATIC.glob("*.js"))
TEMPLATES = sorted((CHECKOUT / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", [*STYLES, *SCRIPTS], ids=lambda path: path.name)
def test_neither_the_font_nor_the_crest_of_govuk_is_shipped(path: Path) -> None:
    text = path.read_text("utf-8-sig").lower()
    assert "gds transport" not in text
    assert "govuk-crest" not in text
    assert "@font-face" not in text
    assert "/assets/" not in text


def test_no_picture_of_crown_or_crest_is_shipped() -> None:
    names = [path.name.lower() for path in STATIC.rglob("*") if path.is_file()]
    assert [name for name in names if "crown" in name or "crest" in name or "logotype" in name] == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_every_file_that_a_stylesheet_names_is_shipped(path: Path) -> None:
    named = re.findall(r"url\(\"?([^)\"]+)\"?\)", path.read_text("utf-8-sig"))
    assert [name for name in named if not name.startswith("data:") and not (STATIC / name).is_file()] == []


@pytest.mark.parametrize("path", [*STYLES, *SCRIPTS], ids=lambda path: path.name)
def test_nothing_points_to_source_maps_or_other_hosts(path: Path) -> None:
    text = path.read_text("utf-8-sig")
    assert "sourceMappingURL" not in text
    assert re.findall(r"(?:src|href|url|import|from)[\s(=]*[\"']?https?://", text) == []


def test_no_package_folder_is_shipped() -> None:
    assert list(STATIC.rglob("node_modules")) == []


def test_every_vendored_file_is_named_with_its_licence() -> None:
    licences = (STATIC / "LICENCES.md").read_text()
    vendored = [path.name for path in [*STYLES, *SCRIPTS] if path.stem != "app"]
    assert [
        name for name in vendored if f"`{name}`" not in licences and Path(name).stem not in licences
    ] == []
    assert "Permission is hereby granted" in licences


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(CHECKOUT / "templates")))
def test_no_template_of_ours_holds_inline_script_or_style(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", text) == []


def test_the_policy_allows_exactly_the_inline_script_of_the_page(app: Flask) -> None:
    answer = app.test_client().get("/sign-in")
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", answer.text, re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline}
    assert len(inline) == 1
    assert set(re.findall(r"'sha256-([^']+)'", POLICY)) == hashes
    assert "unsafe" not in POLICY
    assert answer.headers["Content-Security-Policy"] == POLICY


def test_pages_are_not_kept_by_browsers_and_assets_are(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/sign-in").headers["Cache-Control"] == "no-store"
    asset = client.get("/static/app.css")
    assert "no-store" not in asset.headers["Cache-Control"]
    asset.close()


def test_every_asset_of_the_page_is_there(app: Flask) -> None:
    client = app.test_client()
    addresses = re.findall(r"(?:src|href)=\"(/static/[^\"]+)\"", client.get("/sign-in").text)
    assert len(addresses) >= 6
    for address in addresses:
        with client.get(address) as answer:
            assert answer.status_code == 200, address
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_carries_no_crest_and_one_footer(app: Flask) -> None:
    page = app.test_client().get("/sign-in").text
    assert "crown" not in page.lower()
    assert "copyright-logo" not in page
    assert page.count("<footer") == 1
