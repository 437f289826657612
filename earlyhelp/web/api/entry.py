"""The door of the API: who is asking, what they sent, and every refusal as problem details."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Blueprint, g, request
from pydantic import BaseModel, ValidationError
from werkzeug.wrappers import Response

from earlyhelp.casework.contacts import words_of
from earlyhelp.casework.refusals import KeyReused, NoSuchCase, NotAllowed, StaleVersion
from earlyhelp.casework.tokens import find_token, needs_noting, note_use
from earlyhelp.pathway.facts import BadFields, UnknownAction, WrongRole, WrongState
from earlyhelp.permissions import Person
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import PUBLIC, permitted
from earlyhelp.web.api.problems import Problem, not_found
from earlyhelp.web.services import services

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
View = TypeVar("View", bound=Callable[..., Any])
Body = TypeVar("Body", bound=BaseModel)
LARGEST_BODY = 1_000_000
DEEPEST = 20


def route(rule: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """An address of the API. The token is checked here, not by the session of pages."""

    def add(view: View) -> View:
        permitted(PUBLIC)(view)
        return blueprint.route(rule, methods=list(methods))(view)

    return add


def caller() -> Person:
    """Whoever's token was sent."""
    return cast(Person, g.caller)


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, headers, mimetype="application/json")


def body_as(model: type[Body]) -> Body:
    """The JSON body as this model. Raises Problem 400 when it is no JSON object, 422 with words per field."""
    content = read_json()
    try:
        return model.model_validate(content)
    except ValidationError as fault:
        raise Problem(422, "Some fields are missing or wrong", errors=words_of(fault)) from None


def read_json() -> dict[str, Any]:
    """The body as a JSON object; anything else is Problem 400."""
    data = request.get_data(cache=True)
    if len(data) > LARGEST_BODY:
        raise Problem(413, "At most 1 MB can be sent")
    try:
        content = json.loads(data.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_no_twice)
    except (ValueError, RecursionError) as fault:
        raise Problem(400, f"The body is not JSON: {_short(fault)}") from None
    if not isinstance(content, dict) or _depth(content) > DEEPEST:
        raise Problem(400, "The body must be a JSON object")
    return content


def body_digest() -> str:
    """A fingerprint of the body, whatever its spacing and order of keys."""
    return hashlib.sha256(json.dumps(read_json(), sort_keys=True).encode()).hexdigest()


@blueprint.before_request
def _who_is_asking() -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(401, "Send a bearer token in the Authorization header")
    now = services().now()
    with reading(services().engine) as connection:
        found = find_token(connection, token=token.strip())
    if found is None:
        raise Problem(401, "This token is not known, or was revoked")
    if needs_noting(found, now=now):
        with transaction(services().engine) as connection:
            note_use(connection, token_id=found.token_id, now=now)
    g.caller = g.person = found.person


@blueprint.errorhandler(Problem)
def _problem(problem: Problem) -> Response:
    return problem.response()


@blueprint.errorhandler(NoSuchCase)
@blueprint.errorhandler(UnknownAction)
def _nothing_there(_: Exception) -> Response:
    return not_found().response()


@blueprint.errorhandler(NotAllowed)
@blueprint.errorhandler(WrongRole)
def _wrong_role(refused: Exception) -> Response:
    return Problem(403, str(refused)).response()


@blueprint.errorhandler(StaleVersion)
def _stale(stale: StaleVersion) -> Response:
    more = {"version": stale.current, "current_version": stale.current}
    return Problem(409, str(stale), kind="stale-version", **more).response()


@blueprint.errorhandler(WrongState)
def _wrong_state(refused: WrongState) -> Response:
    return Problem(409, str(refused), kind="not-from-this-state", possible=list(refused.possible)).response()


@blueprint.errorhandler(BadFields)
def _bad_fields(refused: BadFields) -> Response:
    return Problem(422, "Some fields are missing or wrong", errors=refused.errors).response()


@blueprint.errorhandler(KeyReused)
def _key_reused(refused: KeyReused) -> Response:
    errors = {"Idempotency-Key": [str(refused)]}
    return Problem(422, str(refused), kind="key-reused", errors=errors).response()


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _depth(value: Any, above: int = 0) -> int:
    if above > DEEPEST or not isinstance(value, dict | list):
        return above
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(item, above + 1) for item in inner), default=above)


def _short(fault: Exception) -> str:
    return str(fault).split(":")[0][:100]
