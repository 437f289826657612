"""A service as we keep it, and what was wrong with it in the feed."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class FeedService:
    """One service, cleaned: plain text within our lengths, or nothing where the feed said nothing usable."""

    upstream_id: str
    name: str
    organisation: str = ""
    description: str = ""
    phone: str = ""
    email: str = ""
    url: str = ""
    minimum_age: int | None = None
    maximum_age: int | None = None
    terms: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    eligibility: str = ""
    opening_times: str = ""
    cost: str = ""
    upstream_modified: str = ""

    def digest(self) -> str:
        """Of all that it says; when it was modified says nothing by itself."""
        said = {name: value for name, value in asdict(self).items() if name != "upstream_modified"}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class FeedFault:
    """What was wrong with one service: mended, or the service left out (`skipped`)."""

    service: str
    words: str
    skipped: bool = False


@dataclass
class Feed:
    """What one reading gave. `present` are the ids of all services that are still offered, readable or not."""

    services: list[FeedService] = field(default_factory=list)
    faults: list[FeedFault] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    whole: bool = True

    def as_json(self) -> str:
        return json.dumps(
            {
                "services": [asdict(service) for service in self.services],
                "faults": [asdict(fault) for fault in self.faults],
                "present": sorted(self.present),
                "whole": self.whole,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Feed":
        told: dict[str, Any] = json.loads(text)
        services = [
            FeedService(**{**one, "terms": tuple(one["terms"]), "places": tuple(one["places"])})
            for one in told["services"]
        ]
        faults = [FeedFault(**one) for one in told["faults"]]
        return cls(services, faults, set(told["present"]), told["whole"])
