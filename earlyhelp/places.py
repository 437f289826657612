"""Where the files live that are not Python: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent
_BUNDLED = _PACKAGE / "_bundled"


def templates() -> Path:
    return _folder("templates")


def workflows() -> Path:
    return _folder("workflows")


def migrations() -> Path:
    return _folder("migrations")


def _folder(name: str) -> Path:
    """A checkout is known by its pyproject.toml: site-packages may hold somebody else's `templates`."""
    if (_CHECKOUT / "pyproject.toml").is_file():
        return _CHECKOUT / name
    return _BUNDLED / name
