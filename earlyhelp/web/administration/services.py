"""Importing services: an upload or an address, what it would change, and then the import. What the last ones did."""

from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp import places
from earlyhelp.casework import directory_import
from earlyhelp.casework.directory import need_words
from earlyhelp.insight.directory import IMPORTS, import_report, last_imports, sources_of_services
from earlyhelp.on_demand import OnDemand
from earlyhelp.openreferral import Feed, FeedRefused, read_document
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import permitted, person
from earlyhelp.web.administration.uploads import page_of, takes_uploads
from earlyhelp.web.asking import number_asked
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

if TYPE_CHECKING:
    from earlyhelp.openreferral import fetching
else:
    fetching = OnDemand("earlyhelp.openreferral.fetching")

blueprint = Blueprint("services", __name__, url_prefix="/administration/directory")
takes_uploads(blueprint, largest=20_000_000)
FROM_A_FILE = "file"
SHOWN = 50
"""Services of each kind that the preview names; it counts them all."""
SECONDS_WHILE_SOMEBODY_WAITS, SERVICES_WHILE_SOMEBODY_WAITS = 60, 5_000


@blueprint.get("")
@permitted("administration")
def page() -> str:
    return _page()


@blueprint.post("")
@permitted("administration")
def read() -> Response | tuple[str, int]:
    """Read a file or an address, and show what it would change."""
    address, source = (
        request.form.get("address", "").strip()[:500],
        request.form.get("source", "").strip()[:500],
    )
    try:
        feed, named = _read(address)
    except FeedRefused as refused:
        return _page(address, source, f"Nothing was imported: {refused}"), 422
    with transaction(services().engine) as connection:
        import_id = directory_import.keep_for_a_yes(
            connection, feed, source=source or named, now=services().now()
        )
    return redirect(url_for("services.preview", import_id=import_id))


@blueprint.get("/imports/<int:import_id>/preview")
@permitted("administration")
def preview(import_id: int) -> str:
    """What the import would change now."""
    with reading(services().engine) as connection:
        found = directory_import.waiting_feed(connection, import_id=import_id)
        if found is None:
            abort(404)
        plan = directory_import.plan_import(connection, found[1], source=found[0])
    return render_template(
        "administration/import_preview.html", plan=plan, import_id=import_id, most=SHOWN, words=words
    )


@blueprint.post("/imports/<int:import_id>")
@permitted("administration")
def decide(import_id: int) -> Response:
    """Do the import that was looked at, or forget it."""
    if "forget" in request.form:
        with transaction(services().engine) as connection:
            directory_import.drop_waiting(connection, import_id=import_id)
        return redirect(url_for("services.page"))
    vocabulary = need_words(places.workflows() / "directory")
    with transaction(services().engine) as connection:
        plan = directory_import.import_waiting(
            connection,
            import_id=import_id,
            words=vocabulary,
            by=person().email,
            now=services().now(),
        )
    if plan is None:
        flash("This import was done or forgotten already")
        return redirect(url_for("services.page"))
    flash(f"Imported: {_counted(plan.counts())}", "success")
    return redirect(url_for("services.report", import_id=import_id))


@blueprint.get("/imports/<int:import_id>")
@permitted("administration")
def report(import_id: int) -> str:
    """What one import did, with every fault of its feed."""
    with reading(services().engine) as connection:
        found = import_report(connection, import_id=import_id)
    if found is None or found.status == "waiting":
        abort(404)
    return render_template(
        "administration/import_report.html", report=found, words=words, now=services().now()
    )


def _read(address: str) -> tuple[Feed, str]:
    """The feed and what its list is called where nobody says: its address, or `file`."""
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        return read_document(upload.read()), FROM_A_FILE
    if not address:
        raise FeedRefused("choose a file, or give the address of a feed")
    with reading(services().engine) as connection:
        known = directory_import.known_modified(connection, source=address)
    private = services().settings.feed_within_network
    limits = fetching.Limits(seconds=SECONDS_WHILE_SOMEBODY_WAITS, services=SERVICES_WHILE_SOMEBODY_WAITS)
    return fetching.fetch(address, private=private, known=known, limits=limits), address


def _page(address: str = "", source: str = "", fault: str = "") -> str:
    with reading(services().engine) as connection:
        imports = last_imports(connection, after=number_asked("after"))
        sources = sources_of_services(connection)
    return render_template(
        "administration/services.html",
        **page_of(imports, IMPORTS, "services.page"),
        sources=sources,
        address=address,
        source=source,
        fault=fault,
        feed=services().settings.directory_feed,
        words=words,
        now=services().now(),
    )


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.items() if number) or "nothing changed"
