"""One worker process and the list of its jobs.

Nothing rests on a tick: every job asks the database what is due. APScheduler keeps its jobs in memory; a tick that
comes late runs late (`misfire_grace_time=None`), one that comes while the last still runs is left out.
"""

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from uuid import uuid4

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine

from earlyhelp.casework import heartbeat
from earlyhelp.casework.changed_days import ChangedDays
from earlyhelp.casework.digest import write_digests
from earlyhelp.casework.drafts import forget_old_drafts
from earlyhelp.casework.replays import forget_old_replays
from earlyhelp.casework.sweep import Swept, sweep
from earlyhelp.casework.webhooks import forget_old_deliveries, queue_deliveries
from earlyhelp.counting import bring_board_up
from earlyhelp.filing import Scanner, Store
from earlyhelp.insight.health import last_sweep_at
from earlyhelp.openreferral.connecting import plain_session, public_session
from earlyhelp.outbound.channel import Channel
from earlyhelp.outbound.choosing import channel_for
from earlyhelp.outbound.sending import send_waiting
from earlyhelp.outbound.webhooks import send_webhooks
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.scheduler.changed_days import settle_changed_days
from earlyhelp.scheduler.checkpoints import seal_access_log, write_daily
from earlyhelp.scheduler.directory import prune_public_pages, refresh_directory
from earlyhelp.scheduler.election import Candidate
from earlyhelp.scheduler.figures import keep_figures
from earlyhelp.scheduler.moves import bring_moves_up
from earlyhelp.scheduler.replays import replay_waiting
from earlyhelp.scheduler.retention import review_daily
from earlyhelp.scheduler.scanning import scan_waiting
from earlyhelp.scheduler.weekly import send_weekly_reports
from earlyhelp.settings import Settings

BATCH = 20_000
"""Clocks of one transaction: after a long outage people must be able to write in between."""
HEARTBEAT_SECONDS = 15
MESSAGE_SECONDS = 20
HOUR_SECONDS = 60 * 60
SCAN_SECONDS = 60
REPLAY_SECONDS = 5
"""Somebody watches the page and waits."""
BOARD_SECONDS = 60
FIGURES_SECONDS = 5 * 60
SEAL_SECONDS = 5 * 60
QUARTER_HOUR_SECONDS = 15 * 60
DAY_SECONDS = 24 * 60 * 60
STANDBY_AFTER_INTERVALS = 1.5
"""A standby sweeps when the last sweep is older than this: it cannot see why the active worker is silent."""

Now = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Worker:
    """What the jobs of one process share."""

    engine: Engine
    settings: Settings
    candidate: Candidate
    channel: Channel | None
    now: Now
    stopping: Event = field(default_factory=Event)
    days_seen: ChangedDays | None = None
    """What the calendar job saw last, and gives the people an hour for."""

    def beat(self) -> None:
        self.candidate.stand(self.now())

    def sweep(self) -> None:
        if self.candidate.active or self._nobody_sweeps():
            run_once(
                self.engine,
                base_url=self.settings.base_url,
                now=self.now(),
                worker=self.candidate.worker,
                stopping=self.stopping.is_set,
            )

    def send(self) -> None:
        if self.channel is not None and (self.candidate.active or self._nobody_sweeps()):
            base_url = self.settings.base_url
            send_waiting(
                self.engine, self.channel, self.now, base_url=base_url, stopping=self.stopping.is_set
            )

    def tell_systems(self) -> None:
        if not (self.candidate.active or self._nobody_sweeps()):
            return
        with transaction(self.engine) as connection:
            queue_deliveries(connection, now=self.now())
        private = self.settings.webhooks_private
        with plain_session() if private else public_session() as session:
            send_webhooks(
                self.engine,
                session,
                self.now,
                secret_key=self.settings.secret_key,
                plain_allowed=private,
                stopping=self.stopping.is_set,
            )

    def refresh_directory(self) -> None:
        if self.candidate.active:
            refresh_directory(self.engine, self.settings, now=self.now())

    def forget_public(self) -> None:
        prune_public_pages(self.engine, now=self.now())

    def scan(self) -> None:
        if self.settings.clamd_url and (self.candidate.active or self._nobody_sweeps()):
            store = Store(self.settings.files_folder)
            scan_waiting(self.engine, Scanner(self.settings.clamd_url), store, self.now)

    def report_weekly(self) -> None:
        if self.candidate.active or self._nobody_sweeps():
            send_weekly_reports(
                self.engine, now=self.now(), base_url=self.settings.base_url, stopping=self.stopping.is_set
            )

    def prune(self) -> None:
        with transaction(self.engine) as connection:
            heartbeat.prune(connection, now=self.now())
            forget_old_deliveries(connection, now=self.now())
            forget_old_drafts(connection, now=self.now())
            forget_old_replays(connection, now=self.now())

    def _nobody_sweeps(self) -> bool:
        now = self.now()
        with reading(self.engine) as connection:
            last = last_sweep_at(connection, now=now)
        patience = timedelta(seconds=STANDBY_AFTER_INTERVALS * self.settings.sweep_seconds)
        return last is None or now - last > patience


@dataclass(frozen=True)
class Job:
    """One line of the schedule."""

    name: str
    seconds: Callable[[Settings], int]
    run: Callable[[Worker], None]
    first_after: timedelta = timedelta(0)
    """What nobody waits for leaves a starting process alone."""


def _replay(worker: Worker) -> None:
    replay_waiting(worker.engine, worker.now, worker=worker.candidate.worker, stopping=worker.stopping.is_set)


def _checkpoint(worker: Worker) -> None:
    if worker.candidate.active:
        write_daily(worker.engine, worker.settings, worker.channel, now=worker.now())


def _seal(worker: Worker) -> None:
    if worker.candidate.active:
        seal_access_log(worker.engine, now=worker.now())


def _review_records(worker: Worker) -> None:
    if worker.candidate.active:
        review_daily(worker.engine, worker.settings, now=worker.now(), stopping=worker.stopping.is_set)


def _settle_calendar(worker: Worker) -> None:
    if worker.candidate.active:
        worker.days_seen = settle_changed_days(worker.engine, seen_before=worker.days_seen)


def _keep_board(worker: Worker) -> None:
    if worker.candidate.active:
        bring_board_up(worker.engine, now=worker.now())


def _keep_figures(worker: Worker) -> None:
    if worker.candidate.active:
        bring_moves_up(worker.engine, now=worker.now(), stopping=worker.stopping.is_set)
        keep_figures(worker.engine, now=worker.now(), stopping=worker.stopping.is_set)


def heartbeat_seconds(settings: Settings) -> int:
    return min(HEARTBEAT_SECONDS, settings.sweep_seconds)


JOBS = (
    Job("heartbeat", heartbeat_seconds, Worker.beat),
    Job("sweep", lambda settings: settings.sweep_seconds, Worker.sweep),
    Job("messages", lambda settings: min(MESSAGE_SECONDS, settings.sweep_seconds), Worker.send),
    Job("webhooks", lambda settings: min(MESSAGE_SECONDS, settings.sweep_seconds), Worker.tell_systems),
    Job("directory", lambda _settings: HOUR_SECONDS, Worker.refresh_directory),
    Job("public pages", lambda _settings: HOUR_SECONDS, Worker.forget_public),
    Job("files", lambda _settings: SCAN_SECONDS, Worker.scan),
    Job("weekly report", lambda _settings: QUARTER_HOUR_SECONDS, Worker.report_weekly),
    Job("dashboard", lambda _settings: BOARD_SECONDS, _keep_board),
    Job("figures", lambda _settings: FIGURES_SECONDS, _keep_figures, first_after=timedelta(minutes=1)),
    Job("replays", lambda settings: min(REPLAY_SECONDS, settings.sweep_seconds), _replay),
    Job("seals", lambda _settings: SEAL_SECONDS, _seal, first_after=timedelta(minutes=1)),
    Job("checkpoint", lambda _settings: QUARTER_HOUR_SECONDS, _checkpoint),
    Job(
        "records to end",
        lambda _settings: QUARTER_HOUR_SECONDS,
        _review_records,
        first_after=timedelta(minutes=1),
    ),
    Job("calendar", lambda _settings: HOUR_SECONDS, _settle_calendar, first_after=timedelta(minutes=1)),
    Job("prune", lambda _settings: DAY_SECONDS, Worker.prune),
)


def run_once(
    engine: Engine,
    *,
    base_url: str,
    now: datetime,
    worker: str,
    stopping: Callable[[], bool] = lambda: False,
) -> Swept:
    """One whole sweep, in as many transactions as the backlog needs, and the messages that follow from it."""
    total = Swept()
    more = True
    while more and not stopping():
        with transaction(engine) as connection:
            swept = sweep(connection, now=now, worker=worker, at_most=BATCH)
        total, more = total.with_more(swept), swept.more
    with transaction(engine) as connection:
        write_digests(connection, now=now, base_url=base_url)
    return total


def run_worker(settings: Settings, *, stop: Event | None = None, now: Now = utc_now) -> None:
    """Work until `stop` is set, or without one until SIGTERM or SIGINT; jobs under way are finished first.

    SettingsError when the channel of the settings cannot be used.
    """
    told = stop or _set_by_signals()  # before anything starts: a signal may come while it does
    end = start_background(settings, now=now)
    try:
        told.wait()
    finally:
        end()


def start_background(settings: Settings, *, now: Now = utc_now) -> Callable[[], None]:
    """Work in threads of this process; returns the function that ends it and waits for jobs under way."""
    engine = connect(settings.database_url, pool_size=settings.pool_size)
    worker = _worker(engine, settings, now)
    worker.beat()
    scheduler = _scheduled(worker)
    scheduler.start()

    def end() -> None:
        worker.stopping.set()
        scheduler.shutdown(wait=True)
        worker.candidate.stand_down()
        with transaction(engine) as connection:
            heartbeat.sign_off(connection, worker=worker.candidate.worker)
        engine.dispose()

    return end


def _set_by_signals() -> Event:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def _worker(engine: Engine, settings: Settings, now: Now) -> Worker:
    candidate = Candidate(
        engine=engine,
        worker=f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid4().hex[:8]}",
        started_at=now(),
        heartbeat_seconds=heartbeat_seconds(settings),
        interval_seconds=settings.sweep_seconds,
    )
    return Worker(engine, settings, candidate, channel_for(settings), now)


def _scheduled(worker: Worker) -> BackgroundScheduler:
    # Ticks run on the machine's own clock, whatever `now` the jobs are given.
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(len(JOBS))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in JOBS:
        scheduler.add_job(
            job.run,
            "interval",
            args=[worker],
            id=job.name,
            seconds=job.seconds(worker.settings),
            next_run_time=utc_now() + job.first_after,
        )
    return scheduler
