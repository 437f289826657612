"""Whether the clocks are being watched, and what else an administrator should see to."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, ScalarSelect, func, select

from earlyhelp.pathway.calendar import KNOWN_UNTIL
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert, ClockRow, OutboxMessage, Sweep
from earlyhelp.records.organisation import NO_CHECKPOINT_SINCE, CouncilSetting

INTERVALS = 5
SIX_MONTHS = timedelta(days=183)
_NO_CHECKPOINT_SINCE = (
    select(CouncilSetting.value).where(CouncilSetting.key == NO_CHECKPOINT_SINCE).scalar_subquery()
)


@dataclass(frozen=True)
class Health:
    """`scheduler` is fresh, late or never. A late scheduler is a failure: breaches would go unseen."""

    ok: bool
    scheduler: str
    last_sweep_at: datetime | None
    holidays_known_until: date
    warnings: list[str] = field(default_factory=list)


def health(connection: Connection, *, now: datetime, interval_seconds: int) -> Health:
    """Late when the last sweep is older than five intervals; warns six months before known bank holidays run out, and
    while no checkpoint can be written. One query."""
    last, no_checkpoint_since = connection.execute(select(_last_sweep(now), _NO_CHECKPOINT_SINCE)).one()
    scheduler = "never" if last is None else "fresh"
    if last is not None and now - last > timedelta(seconds=INTERVALS * interval_seconds):
        scheduler = "late"
    warnings = []
    if now.date() + SIX_MONTHS >= KNOWN_UNTIL:
        warnings.append(f"bank holidays are known only until {KNOWN_UNTIL:%d/%m/%Y}: install a newer version")
    if no_checkpoint_since is not None:
        since = date.fromisoformat(no_checkpoint_since)
        warnings.append(f"no checkpoint has been written since {since:%d/%m/%Y}: the worker's log says why")
    return Health(scheduler == "fresh", scheduler, last, KNOWN_UNTIL, warnings)


def counts(connection: Connection, *, now: datetime) -> dict[str, tuple[str, float]]:
    """Name, words and value of each gauge."""
    last = last_sweep_at(connection, now=now)
    lag = connection.scalar(
        select(func.max(Sweep.longest_lag_seconds)).where(Sweep.started_at >= now - timedelta(hours=1))
    )
    open_cases = connection.scalar(select(func.count()).select_from(Case).where(Case.is_open))
    breached = connection.scalar(
        select(func.count()).select_from(ClockRow).where(ClockRow.status == "running", ClockRow.due_at <= now)
    )
    alerts = connection.scalar(select(func.count()).select_from(Alert).where(Alert.status != "resolved"))
    dead = connection.scalar(
        select(func.count()).select_from(OutboxMessage).where(OutboxMessage.status == "dead")
    )
    return {
        "open_cases": ("Cases that are open", float(open_cases or 0)),
        "breached_clocks": ("Clocks running past their due moment", float(breached or 0)),
        "open_alerts": ("Alerts that are not resolved", float(alerts or 0)),
        "dead_messages": ("Messages given up after all attempts", float(dead or 0)),
        "sweep_lag_seconds": (
            "Longest lag of the last hour between falling due and being raised",
            float(lag or 0),
        ),
        "seconds_since_sweep": (
            "Seconds since the clocks were last swept",
            (now - last).total_seconds() if last else float("inf"),
        ),
    }


def last_sweep_at(connection: Connection, *, now: datetime) -> datetime | None:
    """When the clocks were last swept."""
    return connection.scalar(select(_last_sweep(now)))


def _last_sweep(now: datetime) -> ScalarSelect[datetime]:
    """A sweep asked for as if at a later moment (`sweep --at`) must not make the scheduler look fresh until then."""
    return select(func.max(Sweep.started_at)).where(Sweep.started_at <= now).scalar_subquery()
