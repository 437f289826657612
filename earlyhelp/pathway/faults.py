"""What is wrong with a pathway file, said so that its owner can mend it."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One fault: where it is, what is wrong, how to mend it. `line` is 0 when the place has no line."""

    file: str
    key: str
    problem: str
    mend: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key or '(whole file)'}: {self.problem}. {self.mend}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class PathwayError(Exception):
    """A pathway file that must not run. Carries every fault found, not only the first."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))
