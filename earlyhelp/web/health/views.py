"""`/health`: the database answers and the clocks are being swept. `/metrics`: counts for Prometheus, without names."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from earlyhelp.insight.health import counts, health
from earlyhelp.on_demand import OnDemand
from earlyhelp.records.database import reading
from earlyhelp.web.access import PUBLIC, permitted
from earlyhelp.web.services import services

if TYPE_CHECKING:
    import prometheus_client
else:
    prometheus_client = OnDemand("prometheus_client")

blueprint = Blueprint("health", __name__)
TOLD = "earlyhelp_metrics"
LASTING = timedelta(seconds=10)
"""How long an answer is given again: it counts all that is open, for anybody who asks."""


@blueprint.get("/health")
@permitted(PUBLIC)
def page() -> tuple[Response, int]:
    """200 when all is well, 503 when the database does not answer or no sweep has run for five intervals."""
    settings, now = services().settings, services().now()
    try:
        with reading(services().engine) as connection:
            found = health(connection, now=now, interval_seconds=settings.sweep_seconds)
    except SQLAlchemyError:
        return jsonify({"status": "failing", "database": "not answering"}), 503
    answer: dict[str, Any] = {
        "status": "ok" if found.ok else "failing",
        "database": "ok",
        "scheduler": found.scheduler,
        "last_sweep_at": found.last_sweep_at.isoformat() if found.last_sweep_at else None,
        "bank_holidays_known_until": found.holidays_known_until.isoformat(),
        "warnings": found.warnings,
    }
    return jsonify(answer), 200 if found.ok else 503


@blueprint.get("/metrics")
@permitted(PUBLIC)
def metrics() -> Response:
    """Gauges read from the database, the same whichever web process answers, but for some seconds."""
    now, told = services().now(), current_app.extensions.get(TOLD)
    if told is None or not told[0] <= now < told[0] + LASTING:
        told = current_app.extensions[TOLD] = (now, _gauges(now))
    return Response(told[1], mimetype=prometheus_client.CONTENT_TYPE_LATEST.split(";")[0])


def _gauges(now: datetime) -> bytes:
    registry = prometheus_client.CollectorRegistry()
    with reading(services().engine) as connection:
        for name, (words, value) in counts(connection, now=now).items():
            prometheus_client.Gauge(f"earlyhelp_{name}", words, registry=registry).set(value)
    return prometheus_client.generate_latest(registry)
