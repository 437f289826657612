"""The dataset's tables of people: who they are, their families, addresses, disabilities and numbers."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, or_, select

from earlyhelp.insight.statutory.ssd_fields import Field, Table, Whole, streamed
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.people import Family, FamilyMember, Person

GENDERS = {"male": "01", "female": "02", "neither": "09", "not_stated": "00"}
"""NHS data dictionary, as the dataset's guidance gives it: 00 not known, 01 male, 02 female, 09 self-described."""
SEXES = {"male": "M", "female": "F"}
NOT_KNOWN, UNKNOWN_SEX = "00", "U"
DISABLED, NOT_DISABLED = "DDA", "NONE"
HOME = "Primary Address"
ADDRESS_KEYS = (
    "ROOM",
    "FLOOR",
    "FLAT",
    "BUILDING",
    "HOUSE",
    "STREET",
    "TOWN",
    "UPRN",
    "EASTING",
    "NORTHING",
)
TEXT48, TEXT100, DATETIME = "nvarchar(48)", "nvarchar(100)", "datetime"
PERSON_KEY = "ssd_person.pers_person_id"
NOT_RECORDED = "Not recorded here"


def _people(connection: Connection, whole: Whole) -> Iterator[Any]:
    return streamed(connection, select(Person).where(Person.id.in_(whole.people())).order_by(Person.id))


def _members(connection: Connection, whole: Whole) -> Iterator[Any]:
    statement = (
        select(Family.public_id.label("family"), Person.public_id.label("person"))
        .select_from(FamilyMember)
        .join(Family, Family.id == FamilyMember.family_id)
        .join(Person, Person.id == FamilyMember.person_id)
        .where(Person.id.in_(whole.people()))
        .order_by(FamilyMember.family_id, FamilyMember.person_id)
    )
    return streamed(connection, statement)


def _addressed(connection: Connection, whole: Whole) -> Iterator[Any]:
    has_one = or_(Person.address != "", Person.postcode.is_not(None), Person.uprn.is_not(None))
    statement = select(Person).where(Person.id.in_(whole.people()), has_one).order_by(Person.id)
    return streamed(connection, statement)


def _disabilities(connection: Connection, whole: Whole) -> Iterator[Any]:
    """By their codes; by the one for what is not said further, or for none, where only that much is known."""
    known = Person.disabled.is_not(None)
    statement = select(Person).where(Person.id.in_(whole.people()), known).order_by(Person.id)
    for person in streamed(connection, statement):
        codes = person.disabilities or [DISABLED if person.disabled else NOT_DISABLED]
        for number, code in enumerate(codes, start=1):
            yield SimpleNamespace(person=person.public_id, number=number, code=code)


def _numbered(connection: Connection, whole: Whole) -> Iterator[Any]:
    """NHS number, UPN, and the reference of every case."""
    has_one = or_(Person.nhs_number.is_not(None), Person.upn.is_not(None))
    for person in streamed(
        connection, select(Person).where(Person.id.in_(whole.people()), has_one).order_by(Person.id)
    ):
        if person.nhs_number:
            yield _number(person.public_id, "NHS Number", person.nhs_number, person.created_at)
        if person.upn:
            yield _number(person.public_id, "Unique Pupil Number", person.upn, person.created_at)
    cases = (
        select(Person.public_id, Case.reference, Case.opened_at)
        .select_from(CasePerson)
        .join(Case, Case.id == CasePerson.case_id)
        .join(Person, Person.id == CasePerson.person_id)
        .where(whole.kept, Person.merged_into_id.is_(None), whole.shows(Person.id))
        .order_by(Case.id, Person.id)
    )
    for one in streamed(connection, cases):
        yield _number(one.public_id, "Case Number", one.reference, one.opened_at)


def _number(person: str, kind: str, value: str, since: Any) -> Any:
    return SimpleNamespace(person=person, kind=kind, value=value, since=since)


def _is_unborn(person: Any) -> bool:
    return person.date_of_birth is None and person.expected_birth_on is not None


def _gender(person: Any) -> str:
    return NOT_KNOWN if _is_unborn(person) else GENDERS.get(person.gender, NOT_KNOWN)


def _sex(person: Any) -> str:
    return UNKNOWN_SEX if _is_unborn(person) else SEXES.get(person.gender, UNKNOWN_SEX)


def _expected(person: Any) -> Any:
    return person.expected_birth_on if person.date_of_birth is None else None


def _address(person: Any) -> str:
    told = {"STREET": person.address, "UPRN": person.uprn or ""}
    return json.dumps(dict.fromkeys(ADDRESS_KEYS, "") | told, ensure_ascii=False)


def _postcode(person: Any) -> str:
    return (person.postcode or "").replace(" ", "")


PERSON = Table(
    "ssd_person",
    "Everybody on a case that is kept, children and adults, and the other members of their families.",
    _people,
    (
        Field("pers_legacy_id", TEXT48, NOT_RECORDED),
        Field("pers_person_id", TEXT48, "The person's own number here", lambda p: p.public_id, "PK"),
        Field("pers_upn", "nvarchar(13)", "Unique pupil number", lambda p: p.upn),
        Field("pers_forename", TEXT100, "Given name", lambda p: p.given_name),
        Field("pers_surname", "nvarchar(255)", "Family name", lambda p: p.family_name),
        Field(
            "pers_sex",
            "nvarchar(20)",
            "M, F or U out of the one thing recorded here, gender; U for an unborn child",
            _sex,
        ),
        Field(
            "pers_gender",
            "nvarchar(10)",
            "Gender: 01 male, 02 female, 09 neither, 00 not stated or not yet born",
            _gender,
        ),
        Field("pers_ethnicity", TEXT48, "Ethnicity by its national code", lambda p: p.ethnicity),
        Field("pers_dob", DATETIME, "Date of birth", lambda p: p.date_of_birth),
        Field("pers_single_unique_id", TEXT48, "NHS number", lambda p: p.nhs_number),
        Field("pers_upn_unknown", "nvarchar(6)", NOT_RECORDED),
        Field("pers_send_flag", "nchar(5)", NOT_RECORDED),
        Field(
            "pers_expected_dob",
            DATETIME,
            "Expected date of birth, where there is no date of birth",
            _expected,
        ),
        Field("pers_death_date", DATETIME, NOT_RECORDED),
        Field("pers_is_mother", "nchar(1)", NOT_RECORDED),
        Field("pers_nationality", TEXT48, NOT_RECORDED),
    ),
)
FAMILY = Table(
    "ssd_family",
    "One row for each person in each family.",
    _members,
    (
        Field("fami_table_id", TEXT48, "Family and person", lambda m: f"{m.family}-{m.person}", "PK"),
        Field("fami_family_id", TEXT48, "The family's own number here", lambda m: m.family),
        Field("fami_person_id", TEXT48, "The person", lambda m: m.person, PERSON_KEY),
    ),
)
ADDRESS = Table(
    "ssd_address",
    "The address of everybody who has one; earlier ones are not kept.",
    _addressed,
    (
        Field("addr_table_id", TEXT48, "The person's number", lambda p: f"{p.public_id}-1", "PK"),
        Field("addr_person_id", TEXT48, "The person", lambda p: p.public_id, PERSON_KEY),
        Field("addr_address_type", TEXT48, f"Always {HOME}", lambda _: HOME),
        Field("addr_address_start_date", DATETIME, NOT_RECORDED),
        Field("addr_address_end_date", DATETIME, "Empty: it is where they live now"),
        Field("addr_address_postcode", "nvarchar(15)", "Postcode without the space", _postcode),
        Field(
            "addr_address_json",
            "nvarchar(1000)",
            "The address as it was written, one line, under STREET, and UPRN; every key always there",
            _address,
        ),
    ),
)
DISABILITY = Table(
    "ssd_disability",
    "One row for each disability of everybody of whom is known whether they have any.",
    _disabilities,
    (
        Field("disa_table_id", TEXT48, "Person and number", lambda d: f"{d.person}-{d.number}", "PK"),
        Field("disa_person_id", TEXT48, "The person", lambda d: d.person, PERSON_KEY),
        Field(
            "disa_disability_code",
            TEXT48,
            "The national code; DDA for a disability whose kind is not recorded, NONE for none",
            lambda d: d.code,
        ),
    ),
)
IDENTIFIERS = Table(
    "ssd_linked_identifiers",
    "NHS number and UPN of everybody who has one, and the reference of each of their cases.",
    _numbered,
    (
        Field(
            "link_table_id",
            TEXT48,
            "Person, and the number or its kind",
            lambda n: f"{n.person}-{n.value if n.kind == 'Case Number' else n.kind.split()[0]}",
            "PK",
        ),
        Field("link_person_id", TEXT48, "The person", lambda n: n.person, PERSON_KEY),
        Field(
            "link_identifier_type",
            TEXT100,
            "NHS Number, Unique Pupil Number or Case Number",
            lambda n: n.kind,
        ),
        Field("link_identifier_value", TEXT100, "The number", lambda n: n.value),
        Field(
            "link_valid_from_date",
            DATETIME,
            "The day the person was first recorded, or the case opened",
            lambda n: n.since,
        ),
        Field("link_valid_to_date", DATETIME, NOT_RECORDED),
    ),
)
PEOPLE_TABLES = (PERSON, FAMILY, ADDRESS, DISABILITY, IDENTIFIERS)
