"""Is a changed pathway a new version? A case must be able to say which rules it ran on."""

import re
from collections.abc import Iterator, Sequence

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.lint.finding import Finding
from earlyhelp.pathway.loading import digest


def check_version(pathway: Pathway, previous: Sequence[Pathway]) -> Iterator[Finding]:
    """Against versions published earlier, of this pathway or others."""
    others = [other for other in previous if other.name == pathway.name and digest(other) != digest(pathway)]
    for other in others:
        if other.version == pathway.version:
            problem = f"the content changed, but it is still version {pathway.version}"
            yield Finding(("version",), problem, "Give it a higher version")
        elif version_order(other.version) > version_order(pathway.version) and not _is_dated_before(
            pathway, other
        ):
            problem = f"version {pathway.version} is lower than {other.version}, which was published"
            yield Finding(("version",), problem, f"Give it a version above {other.version}")


def _is_dated_before(pathway: Pathway, other: Pathway) -> bool:
    """An older version that says when it held may be published after a newer one."""
    first, then = pathway.effective_from, other.effective_from
    return first is not None and then is not None and first < then


def version_order(version: str) -> list[tuple[int, str]]:
    """Versions in the order people mean: 9 before 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"[.\-]", version)]
