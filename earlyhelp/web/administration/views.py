"""The administration pages: what is installed, who works here, which pathways run, how the scheduler does."""

from flask import Blueprint, abort, render_template
from sqlalchemy import func, select

from earlyhelp.casework.pathways import compiled, running_pathway_id
from earlyhelp.insight.health import health
from earlyhelp.insight.messages import count_messages
from earlyhelp.insight.sweeps import lag_of_last_day
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.outline import outline
from earlyhelp.records.database import reading
from earlyhelp.records.organisation import User, UserRole
from earlyhelp.records.reference import PublishedPathway
from earlyhelp.web.access import permitted
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("administration", __name__, url_prefix="/administration")


@blueprint.get("")
@permitted("administration")
def index() -> str:
    now = services().now()
    with reading(services().engine) as connection:
        state = health(connection, now=now, interval_seconds=services().settings.sweep_seconds)
        lag, messages = lag_of_last_day(connection, now=now), count_messages(connection)
        pathways = connection.execute(
            select(
                PublishedPathway.name,
                PublishedPathway.version,
                PublishedPathway.title,
                PublishedPathway.published_at,
            ).order_by(PublishedPathway.name, PublishedPathway.published_at.desc())
        ).all()
        people = connection.execute(
            select(UserRole.role, func.count())
            .join(User, User.id == UserRole.user_id)
            .where(User.active)
            .group_by(UserRole.role)
            .order_by(UserRole.role)
        ).all()
    return render_template(
        "administration/index.html",
        health=state,
        lag=lag,
        messages=messages,
        pathways=pathways,
        people=people,
        words=words,
        now=now,
    )


@blueprint.get("/pathways/<name>")
@permitted("administration")
def pathway(name: str) -> str:
    """The running definition as a picture, and in words all that the picture shows."""
    with reading(services().engine) as connection:
        pathway_id = running_pathway_id(connection, name=name, on=services().now().astimezone(LONDON).date())
        if pathway_id is None:
            abort(404)
        engine = compiled(connection, pathway_id=pathway_id)
    stations = outline(engine.pathway)
    return render_template(
        "administration/pathway.html", pathway=engine.pathway, stations=stations, words=words
    )
