"""A small council with a token for each of its people, and how a caller speaks to its API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert
from werkzeug.test import TestResponse

from earlyhelp.app import create_app
from earlyhelp.casework.accounts import create_user
from earlyhelp.casework.pathways import publish
from earlyhelp.casework.tokens import create_token
from earlyhelp.pathway.loading import load
from earlyhelp.places import workflows
from earlyhelp.records.database import transaction
from earlyhelp.records.organisation import Team
from earlyhelp.records.reference import Service
from earlyhelp.settings import Settings
from tests.support.lived_once import lived_once

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""Ten in the morning, in winter time; no bank holiday is near."""
TEAMS = {"front_door": "front_door", "north": "locality", "south": "locality", "duty": "social_care"}
PEOPLE: Mapping[str, tuple[str, str | None]] = {
    "screener": ("screener", "front_door"),
    "front_door_manager": ("manager", "front_door"),
    "lead": ("lead_professional", "north"),
    "other_lead": ("lead_professional", "south"),
    "manager": ("manager", "north"),
    "south_manager": ("manager", "south"),
    "duty_manager": ("manager", "duty"),
    "service_manager": ("service_manager", None),
    "partner": ("partner", None),
    "other_partner": ("partner", None),
    "analyst": ("analyst", None),
    "administrator": ("administrator", None),
    "auditor": ("auditor", None),
}
SERVICES = ("family_lives", "youth_club")
DECISION = {"rationale": "Several services must work together", "agreement": "given", "team": "north"}
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "accept_for_early_help": {**DECISION, "level_of_need": "targeted"},
    "close_no_further_action": {"level_of_need": "universal", "rationale": "School meets every need"},
    "signpost": {
        "level_of_need": "universal",
        "rationale": "A service meets the need",
        "services": ["family_lives"],
        "family_agreed": True,
    },
    "request_information": {"from_whom": "Health visitor", "what": "Any earlier worries?"},
    "allocate_lead_professional": {"lead_professional": "lead@council.example", "team": "north"},
    "record_first_contact": {"how": "home_visit", "child_seen": True, "childs_voice": "Showed her drawings"},
}


@dataclass
class Watch:
    """The council's time: it stands still until a test moves it."""

    at: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.at

    def later(self, **spans: float) -> None:
        self.at += timedelta(**spans)


@dataclass(frozen=True)
class Council:
    """The application, its database and time, and everybody's token."""

    app: Flask
    engine: Engine
    watch: Watch
    tokens: Mapping[str, str] = field(repr=False)

    def call(self, who: str | None, method: str, path: str, **more: Any) -> TestResponse:
        """One request; `who` is one of PEOPLE, None sends no token."""
        client: FlaskClient = self.app.test_client()
        headers = dict(more.pop("headers", {}))
        if who is not None:
            headers.setdefault("Authorization", f"Bearer {self.tokens[who]}")
        full = path if path.startswith("/api/") else f"/api/v1{path}"
        return client.open(full, method=method, headers=headers, **more)

    def get(self, who: str | None, path: str, **more: Any) -> TestResponse:
        return self.call(who, "GET", path, **more)

    def post(self, who: str | None, path: str, body: Any = None, **more: Any) -> TestResponse:
        return self.call(who, "POST", path, **({"json": body} if "data" not in more else {}), **more)

    def contact(self, who: str = "screener", **told: Any) -> dict[str, Any]:
        """A new case as the API answered it."""
        made = self.post(who, "/contacts", contact(**told))
        assert made.status_code == 201, made.text
        return dict(made.json or {})

    def act(self, who: str, case: Mapping[str, Any], action: str, **fields: Any) -> dict[str, Any]:
        """The case after an action; without `fields`, with those of FIELDS."""
        body = {"version": case["version"], "fields": fields or FIELDS[action]}
        done = self.post(who, f"/cases/{case['reference']}/actions/{action}", body)
        assert done.status_code == 200, done.text
        return dict(done.json or {})

    def allocated(self, **told: Any) -> dict[str, Any]:
        """A case allocated to `lead` of team north."""
        accepted = self.act("screener", self.contact(**told), "accept_for_early_help")
        return self.act("screener", accepted, "allocate_lead_professional")


def child(**told: Any) -> dict[str, Any]:
    return {
        "given_name": "Wenna",
        "family_name": "Tregenza",
        "date_of_birth": "2019-05-04",
        "gender": "female",
        "ethnicity": "WBRI",
        "disabled": False,
    } | told


def contact(**told: Any) -> dict[str, Any]:
    """A contact that says everything it must; a value of None takes a key away."""
    whole = {
        "source": "3A",
        "channel": "telephone",
        "agreement": "given",
        "presenting_needs": [],
        "worries": "Often absent from school",
        "strengths": "Close to her grandmother",
        "referrer": {"name": "Jo Pascoe", "organisation": "Hillside School", "email": "jo@school.example"},
        "children": [child()],
    } | told
    return {name: value for name, value in whole.items() if value is not None}


def found_council(engine: Engine, *, folder: Path, now: Callable[[], datetime] | None = None) -> Council:
    """The council in an empty, migrated database."""
    watch = Watch()
    with transaction(engine) as connection:
        tokens = lived_once(connection, _found)
    settings = Settings(
        database_url=engine.url.render_as_string(hide_password=False),
        instance_path=folder,
        secret_key="k" * 40,
        api_rate=100_000,
    )
    return Council(create_app(settings, engine, now or watch), engine, watch, tokens)


def _found(connection: Connection) -> Mapping[str, str]:
    """Everybody's token."""
    publish(connection, load(workflows() / "standard.toml"), by="tests", now=MONDAY)
    teams = [{"key": key, "name": key.replace("_", " ").title(), "kind": kind} for key, kind in TEAMS.items()]
    connection.execute(insert(Team), teams)
    services = [{"key": key, "name": key.title(), "needs": []} for key in SERVICES]
    connection.execute(insert(Service), services)
    return {what: _token_of(connection, what, role, team) for what, (role, team) in PEOPLE.items()}


def _token_of(connection: Connection, what: str, role: str, team: str | None) -> str:
    name, email = what.replace("_", " ").title(), f"{what}@council.example"
    user_id = create_user(connection, email=email, name=name, roles=[role], team=team, now=MONDAY)
    return create_token(connection, user_id=user_id, name="tests", now=MONDAY)
