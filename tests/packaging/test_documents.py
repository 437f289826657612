"""What people read first is true: links lead somewhere, and the README stays one page."""

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
DOCUMENTS = [CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_link_within_the_repository_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!\w+:)([^)#\s]+)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_readme_is_one_page() -> None:
    assert len((CHECKOUT / "README.md").read_text().splitlines()) <= 60


def test_every_command_of_the_readme_is_a_target() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    named = set(re.findall(r"make ([a-z]+)\b(?! and| -)", (CHECKOUT / "README.md").read_text())) - {"python"}
    assert {name for name in named if not re.search(rf"^{name}:.*##", makefile, re.M)} == set()


def test_every_test_that_the_threat_model_names_is_there() -> None:
    """Files in code marks, and names of tests in italics, of which … leaves something out."""
    files = list((CHECKOUT / "tests").rglob("test_*.py"))
    tests = [
        name for path in files for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    ]
    for document in ("threat-model.md", "asvs.md"):
        words = (CHECKOUT / "docs" / document).read_text().replace("**", "")
        named = set(re.findall(r"`((?:tests/)?[\w/]*(?:test_\w+\.py|/))`", words))
        whole = {name for name in named if name.startswith("tests/")}
        assert {name for name in whole if not (CHECKOUT / name).exists()} == set()
        assert {name for name in named - whole if "/" not in name} <= {path.name for path in files}
        for told in re.findall(r"\*([^*\n]{8,}?)\*", words):
            spelt = ".*".join(re.sub(r"\W+", "_?", part.strip()) for part in told.split("…"))
            assert [name for name in tests if re.search(spelt, name)], told
