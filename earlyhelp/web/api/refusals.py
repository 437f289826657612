"""What casework and the engine refuse, as problem details."""

import logging

from flask import request
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from earlyhelp.casework.refusals import KeyReused, NoSuchCase, NotAllowed, StaleVersion
from earlyhelp.pathway.facts import BadFields, UnknownAction, WrongRole, WrongState
from earlyhelp.web.api.entry import blueprint
from earlyhelp.web.api.problems import Problem, not_found
from earlyhelp.web.trail import trail

log = logging.getLogger("earlyhelp.web")


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
    status = 412 if request.if_match else 409
    more = {"version": stale.current, "current_version": stale.current}
    return Problem(status, str(stale), kind="stale-version", **more).response()


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


@blueprint.errorhandler(OperationalError)
def _database_busy(fault: OperationalError) -> Response:
    """Two writers in each other's way, or the database away: nothing was saved, and trying again is right."""
    log.error("the database did not answer: %s", trail(fault))
    return Problem(503, "The database is busy: nothing was saved, try again").response()
