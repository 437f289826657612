"""The event log as csv, and as IEEE 1849-2016 XES for process mining."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from itertools import groupby
from typing import Any, BinaryIO
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from earlyhelp.exporting.writing import harmless, in_xml
from earlyhelp.insight.event_log import Logged

XES_VERSION = "1849.2016"
"""With a point: the published schema wants a number here."""
XES_NAMESPACE = "http://www.xes-standard.org/"
EXTENSIONS = (
    ("Concept", "concept", "concept.xesext"),
    ("Time", "time", "time.xesext"),
    ("Lifecycle", "lifecycle", "lifecycle.xesext"),
    ("Organizational", "org", "org.xesext"),
)
Writer = Callable[[Iterable[Logged], BinaryIO], int]


def write_csv(events: Iterable[Logged], file: BinaryIO) -> int:
    """One row an event, moments in ISO 8601 and UTC, `fields` as JSON; returns how many."""
    text = TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer, number = csv.writer(text), 0
    writer.writerow(Logged._fields)
    for event in events:
        writer.writerow([harmless(_written(value)) for value in event])
        number += 1
    text.detach()
    return number


def write_xes(events: Iterable[Logged], file: BinaryIO) -> int:
    """One trace a case, its events in order of sequence; returns how many events."""
    xml = _Xes(file)
    number = 0
    for reference, trace in groupby(events, key=lambda event: event.reference):
        number += xml.trace(reference, trace)
    xml.end()
    return number


FORMATS: Mapping[str, Writer] = {"csv": write_csv, "xes": write_xes}


class _Xes:
    """An XES file that is written as it comes."""

    def __init__(self, file: BinaryIO) -> None:
        self._xml = XMLGenerator(file, "utf-8", short_empty_elements=True)
        self._xml.startDocument()
        log = {"xes.version": XES_VERSION, "xes.features": "", "xmlns": XES_NAMESPACE}
        self._xml.startElement("log", AttributesImpl(log))
        for name, prefix, address in EXTENSIONS:
            self._empty("extension", {"name": name, "prefix": prefix, "uri": XES_NAMESPACE + address})
        self._globals()
        self._empty("classifier", {"name": "Action", "keys": "concept:name"})
        self._string("concept:name", "earlyhelp")

    def trace(self, reference: str, events: Iterator[Logged]) -> int:
        self._xml.startElement("trace", AttributesImpl({}))
        self._string("concept:name", reference)
        number = 0
        for event in events:
            self._event(event)
            number += 1
        self._xml.endElement("trace")
        return number

    def end(self) -> None:
        self._xml.endElement("log")
        self._xml.endDocument()

    def _event(self, event: Logged) -> None:
        self._xml.startElement("event", AttributesImpl({}))
        self._string("concept:name", event.action)
        self._string("lifecycle:transition", "complete")
        self._date("time:timestamp", event.occurred_at)
        self._string("org:resource", event.actor)
        self._string("org:role", event.actor_role)
        if event.team:
            self._string("org:group", event.team)
        self._empty("int", {"key": "sequence", "value": str(event.sequence)})
        self._date("recorded_at", event.recorded_at)
        for name in ("from_state", "to_state", "agency", "lead_professional", "pathway", "pathway_version"):
            value = getattr(event, name)
            if value is not None:
                self._string(name, value)
        self._string("fields", _written(event.fields))
        self._xml.endElement("event")

    def _globals(self) -> None:
        """What every trace and every event has: readers may rely on it."""
        self._xml.startElement("global", AttributesImpl({"scope": "trace"}))
        self._string("concept:name", "unknown")
        self._xml.endElement("global")
        self._xml.startElement("global", AttributesImpl({"scope": "event"}))
        self._string("concept:name", "unknown")
        self._string("lifecycle:transition", "complete")
        self._date("time:timestamp", datetime(1970, 1, 1, tzinfo=UTC))
        self._xml.endElement("global")

    def _string(self, key: str, value: str) -> None:
        self._empty("string", {"key": key, "value": in_xml(value)})

    def _date(self, key: str, value: datetime) -> None:
        self._empty("date", {"key": key, "value": _written(value)})

    def _empty(self, name: str, attributes: Mapping[str, str]) -> None:
        self._xml.startElement(name, AttributesImpl(attributes))
        self._xml.endElement(name)


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return value
