"""A checkout and an installed wheel find their files each in its own place."""

from pathlib import Path

import pytest

from earlyhelp import places

CHECKOUT = Path(__file__).parents[1]


def test_a_checkout_uses_the_files_beside_the_package() -> None:
    found = [places.templates(), places.workflows(), places.migrations()]
    assert found == [CHECKOUT / "templates", CHECKOUT / "workflows", CHECKOUT / "migrations"]


def test_an_installed_wheel_uses_its_own_files_not_its_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "templates").mkdir()  # site-packages may hold somebody else's
    monkeypatch.setattr(places, "_CHECKOUT", tmp_path)
    assert places.templates() == Path(places.__file__).parent / "_bundled" / "templates"
