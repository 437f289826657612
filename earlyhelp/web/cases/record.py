"""The record of a contact and its decisions on paper: the same facts as a page to print and as PDF."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, NamedTuple

from flask import Response, abort, render_template, send_file

from earlyhelp.printing import pdf
from earlyhelp.records.database import reading
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.cases.reading import CasePage, read_case_page
from earlyhelp.web.cases.views import blueprint
from earlyhelp.web.presenters import cases as shown
from earlyhelp.web.presenters.words import moment_words
from earlyhelp.web.services import services
from earlyhelp.web.templating import labels

Facts = list[tuple[str, str]]


class Paper(NamedTuple):
    """A document: who printed it and when, and its sections, each a title and facts."""

    printed: dict[str, str]
    sections: Sequence[tuple[str, Facts]]


@blueprint.get("/<reference>/record")
@permitted("case.open")
def record(reference: str) -> str:
    paper = _paper(reference)
    return render_template("cases/record.html", paper=paper, reference=paper.printed["reference"])


@blueprint.get("/<reference>/record.pdf")
@permitted("case.open")
def record_pdf(reference: str) -> Response:
    paper = _paper(reference)
    sections = [{"title": title, "facts": facts} for title, facts in paper.sections]
    made = pdf("plain", {"printed": paper.printed, "sections": sections})
    name = f"{paper.printed['reference']}.pdf"
    return send_file(BytesIO(made), mimetype="application/pdf", download_name=name)


def _paper(reference: str) -> Paper:
    """The paper, with the reading of it in the access log: what leaves the service is known."""
    now = services().now()
    with reading(services().engine) as connection:
        page = read_case_page(connection, reference=_canonical(reference), person=person(), now=now)
    log_read(case_id=page.case.id, what="record")
    printed = {
        "title": f"Record of contact and decision: {page.case.reference}",
        "reference": page.case.reference,
        "by": person().name,
        "at": f"{moment_words(now, now)} {now:%Y}",
    }
    return Paper(printed, _sections(page, now))


def _sections(page: CasePage, now: datetime) -> list[tuple[str, Facts]]:
    pathway = page.engine.pathway
    outcome = shown.outcome_words(pathway, page.case.outcome)
    standing = [
        ("State", shown.state_title(pathway, page.case.state) + (f": {outcome}" if outcome else "")),
        ("Level of need", shown.level_words(pathway, page.case.level_of_need)),
        (shown.term_words(pathway, "lead_professional"), page.owners.lead_professional_name or "None yet"),
        ("Team", page.owners.team_name or "None yet"),
    ]
    people = [
        (child["name"], ", ".join(filter(None, (child["born"], child["age"])))) for child in page.children
    ]
    people += [("Adult", adult) for adult in page.adults]
    clocks = [(clock.title, f"{clock.tag}. {clock.words}") for clock in [*page.running, *page.ended]]
    return [
        ("How it stands", standing),
        ("Who it is about", people),
        *([("What we were told", _told(page, now))] if page.contact else []),
        ("Time limits", clocks),
        *((f"{event.sequence}. {event.title}", _event(event)) for event in reversed(page.history)),
    ]


def _told(page: CasePage, now: datetime) -> Facts:
    contact, pathway = page.contact, page.engine.pathway
    teller = (
        contact.referrer_name,
        contact.referrer_organisation,
        contact.referrer_phone,
        contact.referrer_email,
    )
    return [
        ("Received", moment_words(contact.received_at, now)),
        ("Source", shown.words_of(contact.source, labels(pathway, "source"))),
        ("How it reached us", shown.words_of(contact.channel, labels(pathway, "channel"))),
        ("Referrer", ", ".join(filter(None, teller))),
        ("What is worrying", contact.worries),
        ("What is working well", contact.strengths),
        ("Presenting needs", shown.words_of(contact.presenting_needs, labels(pathway, "presenting_need"))),
        ("Agreement to early help", shown.words_of(contact.agreement, labels(pathway, "agreement"))),
        (
            "Lawful basis of sharing",
            shown.words_of(contact.sharing_basis or "", labels(pathway, "sharing_basis")),
        ),
    ]


def _event(event: Any) -> Facts:
    when = event.occurred + (f", recorded {event.recorded}" if event.recorded else "")
    return [("By", event.by), ("When", when), *event.details]


def _canonical(reference: str) -> str:
    canonical = parse_reference(reference)
    if canonical is None:
        abort(404)
    return canonical
