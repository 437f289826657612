"""The application: settings, database, pages. Nothing else."""

import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from sqlalchemy import Engine
from werkzeug.middleware.proxy_fix import ProxyFix

from earlyhelp.records.database import connect
from earlyhelp.settings import Settings
from earlyhelp.web import api
from earlyhelp.web.access import guard
from earlyhelp.web.account.session import watch_sessions
from earlyhelp.web.account.single_sign_on import signed_out
from earlyhelp.web.addresses import BLUEPRINTS
from earlyhelp.web.asking import Id
from earlyhelp.web.cookies import cookie_name
from earlyhelp.web.errors import answer_errors
from earlyhelp.web.headers import add_headers
from earlyhelp.web.received import Received
from earlyhelp.web.services import EXTENSION, Services
from earlyhelp.web.templating import prepare

LARGEST_FORM = 2_000_000
COOKIE_LASTS = timedelta(days=4)
"""Longer than any session, which ends by its own limits: over a weekend we still know whose work a form was."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings, engine: Engine | None = None, now: Callable[[], datetime] = utc_now
) -> Flask:
    """A web application on these settings. Tests give their own engine and their own time."""
    app = Flask("earlyhelp", static_folder="static", template_folder=None)
    app.request_class = Received
    _configure(app, settings)
    app.extensions[EXTENSION] = _services(settings, engine, now)
    prepare(app)
    login = LoginManager()
    login.init_app(
        app, add_context_processor=False
    )  # it would ask the database on the page that says it is away
    watch_sessions(login, app)
    _serve_pages(app)
    _serve_api(app, CSRFProtect(app), per_minute=settings.api_rate)
    guard(app)
    add_headers(app, secure=settings.secure_cookies)
    answer_errors(app)
    return app


def _services(settings: Settings, engine: Engine | None, now: Callable[[], datetime]) -> Services:
    database = engine or connect(settings.database_url, pool_size=settings.pool_size)
    copy = settings.reporting_database_url
    reports = connect(copy, pool_size=settings.pool_size) if copy else database
    return Services(database, reports, settings, now)


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key or secrets.token_hex(32),
        TRUSTED_HOSTS=list(settings.allowed_hosts) or None,
        SESSION_COOKIE_NAME=cookie_name("earlyhelp", settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=COOKIE_LASTS,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_PARTS=2000,
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _serve_pages(app: Flask) -> None:
    app.url_map.converters["int"] = Id
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)


def _serve_api(app: Flask, csrf: CSRFProtect, *, per_minute: int) -> None:
    """The API carries its token with each request, so that no other site can send one in a person's name."""
    app.register_blueprint(api.blueprint)
    app.add_url_rule("/api/openapi.json", "openapi", api.document)
    app.add_url_rule("/api/reference", "api_reference", api.reference)
    csrf.exempt(api.blueprint)
    csrf.exempt(signed_out)  # comes from the identity provider, which signs it
    api.limit_callers(app, per_minute=per_minute)
