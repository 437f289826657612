"""One service of a feed, in the shape of version 3 or of the older ones that councils still publish."""

from collections.abc import Iterator, Mapping
from typing import Any

import earlyhelp.openreferral.cleaning as cleaning
from earlyhelp.openreferral.services import FeedFault, FeedService

LONGEST_NAME = 300
LONGEST_DESCRIPTION = 8_000
LONGEST_TEXT = 2_000
LONGEST_ID = 100
LONGEST_AREA = 60
"""What is longer is a sentence about who may come, not the name of a place."""
MOST_TERMS = 60
MOST_PLACES = 60
MOST_LINES = 30
GONE = frozenset({"inactive", "defunct", "temporarily closed"})
DAYS = {"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday"} | {
    "SA": "Saturday",
    "SU": "Sunday",
}


def upstream_id(raw: Any) -> str:
    """The id that the publisher gave; empty where there is none. Most are no true UUIDs, and need not be."""
    value = raw.get("id") if isinstance(raw, Mapping) else None
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return cleaning.one_line(text, LONGEST_ID + 1)


def is_offered(raw: Mapping[str, Any]) -> bool:
    """Whether the publisher still offers it."""
    return cleaning.one_line(raw.get("status"), 40).lower() not in GONE


def read_service(raw: Mapping[str, Any], place: str) -> tuple[FeedService | None, list[FeedFault]]:
    """The service, if it has what it cannot do without, and every fault. `place` names it where it has no name."""
    identity, name = upstream_id(raw), cleaning.one_line(raw.get("name"), LONGEST_NAME)
    called = name or identity or place
    problem = _why_skipped(identity, name)
    if problem:
        return None, [FeedFault(called, problem, skipped=True)]
    faults: list[str] = []
    service = FeedService(
        upstream_id=identity,
        name=name,
        organisation=_organisation(raw, faults),
        description=_description(raw, faults),
        phone=_first(cleaning.telephone, _phones(raw)),
        email=_checked(cleaning.email_address, _emails(raw), "email address", faults),
        url=_checked(
            cleaning.web_address, [raw.get("url"), _of(raw, "organization", "website")], "link", faults
        ),
        **_ages(raw, faults),
        terms=tuple(dict.fromkeys(_terms(raw)))[:MOST_TERMS],
        places=tuple(dict.fromkeys(_places(raw)))[:MOST_PLACES],
        eligibility=_text(_eligibility(raw)),
        opening_times=_text(_opening_times(raw)),
        cost=_text(_costs(raw)),
        upstream_modified=cleaning.one_line(raw.get("last_modified"), 40),
    )
    return service, [FeedFault(called, words) for words in faults]


def _why_skipped(identity: str, name: str) -> str:
    if not identity:
        return "it has no id, so it could not be found again at the next import"
    if len(identity) > LONGEST_ID:
        return f"its id has more than {LONGEST_ID} characters"
    return "" if name else "it has no name"


def _organisation(raw: Mapping[str, Any], faults: list[str]) -> str:
    found = cleaning.one_line(_of(raw, "organization", "name"), LONGEST_NAME)
    if not found:
        faults.append("no organisation is named")
    return found


def _description(raw: Mapping[str, Any], faults: list[str]) -> str:
    text = cleaning.plain_text(raw.get("description"))
    alert = cleaning.plain_text(raw.get("alert"))
    if len(text) > LONGEST_DESCRIPTION:
        faults.append(f"its description had {len(text):,} characters and was shortened")
    if isinstance(raw.get("description"), str) and "<" in raw["description"]:
        faults.append("mark-up was taken out of its description")
    return cleaning.clipped("\n".join(part for part in (alert, text) if part), LONGEST_DESCRIPTION)


def _ages(raw: Mapping[str, Any], faults: list[str]) -> dict[str, int | None]:
    sources: list[Mapping[str, Any]] = [raw, *_items(raw, "eligibilitys"), *_items(raw, "eligibility")]
    found: dict[str, int | None] = {}
    for name in ("minimum_age", "maximum_age"):
        said = [source[name] for source in sources if source.get(name) not in (None, "")]
        found[name] = _first(cleaning.whole_age, said) if said else None
        if said and found[name] is None:
            faults.append(f"its {name.replace('_', ' ')} is no age")
    low, high = found["minimum_age"], found["maximum_age"]
    if low is not None and high is not None and low > high:
        faults.append("its ages were the wrong way round")
        return {"minimum_age": high, "maximum_age": low}
    return found


def _phones(raw: Mapping[str, Any]) -> Iterator[Any]:
    for holder in (raw, *_items(raw, "contacts"), *_locations(raw), *_items(raw, "service_at_locations")):
        yield from (phone.get("number") for phone in _items(holder, "phones"))
        yield from (
            phone.get("number")
            for contact in _items(holder, "contacts")
            for phone in _items(contact, "phones")
        )


def _emails(raw: Mapping[str, Any]) -> list[Any]:
    contacts = [contact.get("email") for contact in _items(raw, "contacts")]
    return [raw.get("email"), *contacts, _of(raw, "organization", "email")]


def _terms(raw: Mapping[str, Any]) -> Iterator[str]:
    for attribute in _items(raw, "attributes"):
        term = attribute.get("taxonomy_term")
        yield from _names([term] if isinstance(term, Mapping) else [attribute], "name", "label", "value")
    for older in (*_items(raw, "service_taxonomys"), *_items(raw, "service_taxonomies")):
        taxonomy = older.get("taxonomy")
        yield from _names([taxonomy] if isinstance(taxonomy, Mapping) else [], "name")
    yield from _names(_items(raw, "taxonomies"), "name")


def _places(raw: Mapping[str, Any]) -> Iterator[str]:
    for location in _locations(raw):
        for address in (*_items(location, "addresses"), *_items(location, "physical_addresses")):
            lines = [
                cleaning.one_line(address.get(part), 100) for part in ("address_1", "city", "postal_code")
            ]
            told = ", ".join(dict.fromkeys(line for line in lines if line))
            if told:
                yield told
    areas = _names(_items(raw, "service_areas"), "service_area", "name")
    yield from (area for area in areas if len(area) <= LONGEST_AREA)


def _eligibility(raw: Mapping[str, Any]) -> Iterator[str]:
    yield cleaning.plain_text(raw.get("eligibility_description"))
    for item in (*_items(raw, "eligibilitys"), *_items(raw, "eligibility")):
        yield cleaning.plain_text(item.get("eligibility") or item.get("description"))


def _opening_times(raw: Mapping[str, Any]) -> Iterator[str]:
    holders = (raw, *_items(raw, "service_at_locations"), *_locations(raw))
    for holder in holders:
        for schedule in (
            *_items(holder, "schedules"),
            *_items(holder, "regular_schedules"),
            *_items(holder, "regular_schedule"),
        ):
            yield _schedule(schedule)


def _schedule(schedule: Mapping[str, Any]) -> str:
    codes = cleaning.one_line(schedule.get("byday") or schedule.get("weekday"), 60)
    days = ", ".join(
        DAYS.get(code.strip()[-2:].upper(), code.strip()) for code in codes.split(",") if code.strip()
    )
    times = [cleaning.one_line(schedule.get(end), 20)[:5] for end in ("opens_at", "closes_at")]
    hours = " to ".join(time for time in times if time)
    told = " ".join(part for part in (days, hours) if part)
    return "; ".join(part for part in (told, cleaning.one_line(schedule.get("description"), 300)) if part)


def _costs(raw: Mapping[str, Any]) -> Iterator[str]:
    yield cleaning.plain_text(raw.get("fees_description") or raw.get("fees"))
    for option in _items(raw, "cost_options"):
        amount = option.get("amount")
        money = f"£{amount:g}" if isinstance(amount, int | float) and not isinstance(amount, bool) else ""
        parts = [cleaning.one_line(option.get(name), 200) for name in ("option", "amount_description")]
        yield " ".join(part for part in (parts[0], money, parts[1]) if part)


def _locations(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    places = [item.get("location") for item in _items(raw, "service_at_locations")]
    return [place for place in (*places, *_items(raw, "locations")) if isinstance(place, Mapping)]


def _names(items: list[Any], *keys: str) -> Iterator[str]:
    for item in items:
        found = next((name for key in keys if (name := cleaning.one_line(item.get(key), 100))), "")
        if found:
            yield found


def _items(holder: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = holder.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _of(raw: Mapping[str, Any], name: str, key: str) -> Any:
    value = raw.get(name)
    return value.get(key) if isinstance(value, Mapping) else None


def _first(read: Any, values: Any) -> Any:
    """The first value that can be read; for text, empty where none can."""
    return next((found for value in values if (found := read(value)) not in (None, "")), read(None))


def _checked(read: Any, values: list[Any], what: str, faults: list[str]) -> str:
    found = str(_first(read, values))
    if not found and any(isinstance(value, str) and value.strip() for value in values):
        faults.append(f"its {what} cannot be used and was left out")
    return found


def _text(lines: Iterator[str]) -> str:
    kept = list(dict.fromkeys(line for line in lines if line))[:MOST_LINES]
    return cleaning.clipped("\n".join(kept), LONGEST_TEXT)
