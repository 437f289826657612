"""What a token may be made for. A token acts as its user, and with scopes as less, never as more."""

from collections.abc import Iterable

from earlyhelp.casework.accounts import AccountRefused

SCOPES = {
    "read": "Read cases, alerts, measures and pathways",
    "contacts": "Record contacts",
    "act": "Take actions on cases and acknowledge alerts",
}


def written_scopes(chosen: Iterable[str]) -> str:
    """Scopes as they are kept: sorted, with commas; none chosen are all. Raises AccountRefused for an unknown one."""
    scopes = set(chosen)
    unknown = sorted(scopes - SCOPES.keys())
    if unknown:
        raise AccountRefused(f"'{unknown[0]}' is no scope: choose from {', '.join(SCOPES)}")
    return ",".join(sorted(scopes or SCOPES))


def read_scopes(kept: str) -> frozenset[str]:
    return frozenset(kept.split(","))
