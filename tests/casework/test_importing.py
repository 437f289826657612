"""A council's own list of contacts comes in whole, or not at all."""

import csv
import io
import random
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import odswriter
import pytest
import xlsxwriter
from sqlalchemy import Connection, Engine, func, select

from earlyhelp.casework.history import verify_case
from earlyhelp.casework.import_candidates import Source
from earlyhelp.casework.import_mapping import (
    Mapping,
    MapRefused,
    all_columns,
    is_known,
    load_map,
    mapping_for,
    remember,
)
from earlyhelp.casework.import_outcome import FaultsFound, Outcome
from earlyhelp.casework.import_values import Fault
from earlyhelp.casework.importing import BY_TERMINAL, import_contacts
from earlyhelp.casework.sweep import sweep
from earlyhelp.records.cases import Case, CasePerson, Contact, Event
from earlyhelp.records.clocks import Alert, ClockRow
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.imports import ContactImport, ImportedRow
from earlyhelp.records.people import Person
from earlyhelp.spreadsheets import Limits, SpreadsheetRefused, read_spreadsheet
from tests.casework.watched_cases import Council, council_in

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
COLUMNS = [
    *(
        "Contact ID",
        "Date of Contact",
        "Contact Source",
        "Consent",
        "Reason for Contact",
        "What is working well",
    ),
    *("First name", "Surname", "DOB", "Gender", "Ethnicity", "NHS Number", "Postcode"),
]
WENNA = [
    "C1",
    "02/03/2026",
    "e) 2A: Schools",
    "Yes",
    "Tired at school",
    "Close to her gran",
    "Wenna",
    "Tregenza",
]
WENNA += ["04/05/2019", "F", "White British", "943 476 5919", "tr1 1aa"]
JORY = [
    "C2",
    "3 Mar 2026",
    "Health visitor",
    "n",
    "Not sleeping",
    "Kind",
    "Jory",
    "Pascoe",
    "1/2/18",
    "M",
    "WIRI",
    "",
    "",
]
Cells = list[list[Any]]


def as_csv(rows: Cells, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows: Cells, merged: str = "") -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "dd/mm/yyyy", "in_memory": True}) as book:
        sheet = book.add_worksheet("Contacts")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        if merged:
            sheet.merge_range(merged, rows[1][0])
    return out.getvalue()


def as_ods(rows: Cells) -> bytes:
    out = io.BytesIO()
    with odswriter.writer(out) as book:
        sheet = book.new_sheet("Contacts")
        for row in rows:
            sheet.writerow(row)
    return out.getvalue()


def imported(
    engine: Engine,
    content: bytes,
    *,
    told: Mapping | None = None,
    historical: bool = False,
    tell: Callable[[int], None] = lambda _done: None,
) -> Outcome:
    sheets = read_spreadsheet(content, known=is_known)
    with transaction(engine) as connection:
        mapping = mapping_for(connection, sheets, told)
        source = Source("list.csv", sheets, mapping, historical)
        return import_contacts(connection, source, person=BY_TERMINAL, now=NOW, tell=tell)


def faults_of(engine: Engine, content: bytes, **how: Any) -> list[Fault]:
    with pytest.raises(FaultsFound) as found:
        imported(engine, content, **how)
    with reading(engine) as connection:
        assert number_of(connection, Case) == 0
    return found.value.outcome.faults


def number_of(connection: Connection, model: Any) -> int:
    return connection.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def on_sqlite(sqlite_url: Callable[[], str]) -> Iterator[Engine]:
    """What a list says is read alike whatever it is written to."""
    engine = connect(sqlite_url())
    council_in(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def council(engine: Engine) -> Council:
    return council_in(engine)


@pytest.mark.parametrize(
    "content",
    [
        as_csv([COLUMNS, WENNA, JORY]),
        as_csv([COLUMNS, WENNA, JORY], "utf-16", "\t"),
        as_csv([["Walsall: contacts \N{EN DASH} week 10"], [], COLUMNS, [], WENNA, [], JORY], "cp1252", ";"),
        as_xlsx([COLUMNS, [*WENNA[:1], 46083, *WENNA[2:11], 9434765919, "TR1 1AA"], JORY]),
        as_ods([COLUMNS, [*WENNA[:1], date(2026, 3, 2), *WENNA[2:]], JORY]),
    ],
    ids=["csv", "utf-16 and tabs", "cp1252 below a title", "xlsx with serials", "ods"],
)
def test_a_list_comes_in_whatever_it_was_written_with(
    engine: Engine, council: Council, content: bytes
) -> None:
    outcome = imported(engine, content)
    assert (outcome.contacts, outcome.children, outcome.unchanged) == (2, 2, 0)
    with reading(engine) as connection:
        wenna = connection.execute(select(Person).where(Person.given_name == "Wenna")).one()
        assert (wenna.date_of_birth, wenna.gender, wenna.ethnicity) == (date(2019, 5, 4), "female", "WBRI")
        assert (wenna.nhs_number, wenna.postcode) == ("9434765919", "TR1 1AA")
        told = connection.execute(select(Contact).order_by(Contact.id)).all()
        assert [(one.source, one.agreement, one.channel) for one in told] == [
            ("2A", "given", "system"),
            ("3B", "refused", "system"),
        ]
        assert told[0].received_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
        assert connection.scalar(select(Person.date_of_birth).where(Person.given_name == "Jory")) == date(
            2018, 2, 1
        )


def test_the_same_list_again_changes_nothing(engine: Engine, council: Council) -> None:
    content = as_csv([COLUMNS, WENNA, JORY])
    imported(engine, content)
    again = imported(engine, as_csv([COLUMNS, JORY, [*WENNA[:4], "Other words", *WENNA[5:]]]))
    assert (again.contacts, again.unchanged, again.changed) == (0, 2, 1)
    with reading(engine) as connection:
        assert number_of(connection, Case) == 2


def test_without_a_reference_a_row_is_known_by_all_it_says(engine: Engine, council: Council) -> None:
    rows = [COLUMNS[1:], WENNA[1:], WENNA[1:], JORY[1:]]
    assert imported(engine, as_csv(rows)).contacts == 2
    assert imported(engine, as_csv(rows)).unchanged == 3


def test_every_fault_is_told_with_its_place_and_nothing_comes_in(engine: Engine, council: Council) -> None:
    bad = [
        "C3",
        "03/14/2026",
        "Wizard",
        "Yes",
        "",
        "Kind",
        "",
        "",
        "31/02/2019",
        "x",
        "WBRI",
        "1234567890",
        "nowhere",
    ]
    found = {
        (fault.row, fault.column): fault.words for fault in faults_of(engine, as_xlsx([COLUMNS, WENNA, bad]))
    }
    assert {row for row, _ in found} == {3}
    assert "the day comes first" in found[3, "Date of Contact"]
    assert "'Wizard' is not known" in found[3, "Contact Source"]
    for column in ("DOB", "Gender", "NHS Number", "Postcode", "Surname", "Reason for Contact"):
        assert (3, column) in found, column


def test_a_column_that_is_missing_is_told_once(engine: Engine, council: Council) -> None:
    rows = [[row[place] for place in range(len(COLUMNS)) if place != 3] for row in (COLUMNS, WENNA, JORY)]
    (fault,) = faults_of(engine, as_csv(rows))
    assert (fault.row, "No column holds agreement" in fault.words) == (0, True)
    told = load_map(b'[defaults]\nagreement = "not sought"\n')
    assert imported(engine, as_csv(rows), told=told).contacts == 2


def test_a_map_says_what_own_words_mean_and_is_remembered(engine: Engine, council: Council) -> None:
    columns = ["Who rang" if name == "Contact Source" else name for name in COLUMNS]
    row = [*WENNA[:2], "The hub", *WENNA[3:]]
    told = load_map(b'[columns]\n"Who rang" = "source"\n[values.source]\n"The hub" = "5D"\n"*" = "10"\n')
    imported(engine, as_csv([columns, row]), told=told)
    with transaction(engine) as connection:
        sheets = read_spreadsheet(as_csv([columns]), known=is_known)
        remember(connection, all_columns(sheets), told, by="tests", now=NOW)
    other = ["C9", "04/03/2026", "Somebody", *JORY[3:]]
    assert imported(engine, as_csv([list(reversed(columns)), list(reversed(other))])).contacts == 1
    with reading(engine) as connection:
        assert list(connection.scalars(select(Contact.source).order_by(Contact.id))) == ["5D", "10"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"columns = [", "TOML"),
        (b'[colums]\n"A" = "source"', "not known: colums"),
        (b'[columns]\n"A" = "sauce"', "there is no field 'sauce'"),
        (b'[columns]\n"A" = "source"\n"B" = "source"', "two columns hold source"),
        (b"[columns]\nA = 3", "table of texts"),
        (b"\xff", "TOML"),
    ],
)
def test_a_map_that_is_not_sound_says_why(text: bytes, words: str) -> None:
    with pytest.raises(MapRefused, match=words):
        load_map(text)


def test_children_of_one_contact_come_together(engine: Engine, council: Council) -> None:
    brother = ["", *WENNA[1:6], "Perran", *WENNA[7:8], "09/08/2021", "M", "WBRI", "", "TR1 1AA"]
    content = as_xlsx([COLUMNS, WENNA, brother, JORY], merged="A2:A3")
    outcome = imported(engine, content)
    assert (outcome.contacts, outcome.children) == (2, 3)
    with reading(engine) as connection:
        per_case = (
            select(func.count())
            .select_from(CasePerson)
            .group_by(CasePerson.case_id)
            .order_by(CasePerson.case_id)
        )
        assert list(connection.scalars(per_case)) == [2, 1]


def test_a_child_certainly_known_is_linked_also_within_the_list(engine: Engine, council: Council) -> None:
    again = ["C5", "09/03/2026", *WENNA[2:]]
    assert imported(engine, as_csv([COLUMNS, WENNA, again, JORY])).contacts == 3
    imported(engine, as_csv([COLUMNS, ["C6", *again[1:]]]))
    with reading(engine) as connection:
        assert number_of(connection, Person) == 2
        assert number_of(connection, Case) == 4


PAST = [
    *COLUMNS,
    "Outcome",
    "Decision date",
    "Level",
    "Team",
    "Worker",
    "Date allocated",
    "First contact date",
]
PAST += ["Assessment completed", "Review dates", "Closure date", "Closure reason", "Referrer informed"]
ADVISED = ["Information and advice", "06/01/2025", "Level 2", "", "", "", "", "", "", "", "", "07/01/2025"]
HELPED = ["Early help", "02/01/2025", "3", "North", "lead@council.example", "06/01/2025", "20/01/2025"]
HELPED += ["24/01/2025", "28/02/2025; 20/05/2025", "30/06/2025", "Outcomes met", ""]


def in_the_past(row: list[str], on: str) -> list[str]:
    return [row[0], on, *row[2:]]


def test_old_cases_come_with_their_past_and_alarm_nobody(engine: Engine, council: Council) -> None:
    rows = [PAST, in_the_past(WENNA, "02/01/2025") + HELPED, in_the_past(JORY, "02/01/2025 16:30") + ADVISED]
    assert imported(engine, as_csv(rows), historical=True).contacts == 2
    with reading(engine) as connection:
        cases = connection.execute(select(Case).order_by(Case.id)).all()
        assert [(case.outcome, case.is_open) for case in cases] == [
            ("outcomes_achieved", False),
            ("information_and_advice", False),
        ]
        kinds = list(
            connection.scalars(
                select(Event.kind).where(Event.case_id == cases[0].id).order_by(Event.sequence)
            )
        )
        assert kinds == [
            *("contact", "acceptance", "allocation", "first_contact"),
            *("assessment_submitted", "assessment_authorised", "review", "review", "closing"),
        ]
        moments = connection.execute(select(Event.occurred_at, Event.recorded_at, Event.reason)).all()
        assert all(
            one.occurred_at == one.recorded_at and "Imported from list.csv" in one.reason for one in moments
        )
        clocks = connection.execute(
            select(ClockRow.name, ClockRow.status).where(ClockRow.case_id == cases[0].id)
        ).all()
        judged = {row.name: row.status for row in clocks}
        assert (judged["allocation"], judged["first_contact"]) == ("met", "met_late")
        assert "running" not in {row.status for row in clocks}
        assert set(connection.scalars(select(Alert.status))) == {"resolved"}
        assert all(verify_case(connection, reference=case.reference) is None for case in cases)
    with transaction(engine) as connection:
        assert sweep(connection, now=NOW, worker="tests").quiet


def test_an_old_case_still_open_runs_on_with_what_is_not_due_yet(engine: Engine, council: Council) -> None:
    open_still = [*HELPED[:5], "12/03/2026", "", "", "", "", "", ""]
    open_still[1] = "10/03/2026"
    imported(engine, as_csv([PAST, in_the_past(WENNA, "09/03/2026") + open_still]), historical=True)
    with reading(engine) as connection:
        case = connection.execute(select(Case)).one()
        assert (case.state, case.lead_professional_id) == ("awaiting_first_contact", council["lead"].id)
        running = set(connection.scalars(select(ClockRow.name).where(ClockRow.status == "running")))
        assert {"first_contact", "assessment"} <= running
        owed = connection.execute(
            select(ClockRow.name, ClockRow.due_at).where(ClockRow.due_at == case.next_due_at)
        )
        assert owed.one().name == "referrer_answer"  # there is a column for it, and nothing in it


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({13: ""}, "Outcome", "what was decided"),
        ({14: "01/01/2024"}, "Decision date", "cannot lie before"),
        ({17: "nobody@council.example"}, "Worker", "no person of that name"),
        ({22: "01/01/2031"}, "Closure date", "future"),
        ({13: "NFA"}, "Date allocated", "not possible"),
    ],
)
def test_a_past_that_cannot_have_been_is_told(
    on_sqlite: Engine, changes: dict[int, str], column: str, words: str
) -> None:
    row = in_the_past(WENNA, "02/01/2025") + HELPED
    for place, text in changes.items():
        row[place] = text
    (fault,) = faults_of(on_sqlite, as_csv([PAST, row]), historical=True)
    assert (fault.row, fault.column) == (2, column)
    assert words in fault.words


def test_what_is_killed_in_the_middle_leaves_nothing(
    engine: Engine, council: Council, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_bytes(as_csv([COLUMNS, WENNA, JORY]))
    url = engine.url.render_as_string(hide_password=False)
    importer = [sys.executable, "-m", "tests.casework.dying_importer", url, str(tmp_path / "list.csv")]
    assert subprocess.run(importer, check=False).returncode == -signal.SIGKILL
    with reading(engine) as connection:
        assert [number_of(connection, one) for one in (Case, Person, ImportedRow, ContactImport)] == [0] * 4
    assert imported(engine, (tmp_path / "list.csv").read_bytes()).contacts == 2


SMALL = Limits(file_bytes=5_000_000, unpacked_bytes=5_000_000, rows=2_000, columns=60, cell_characters=20_000)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "password"),
        (b"%PDF-1.7", "not a csv"),
        (as_xlsx([COLUMNS, WENNA])[:900], "damaged"),
        (as_csv([["a", "b"]] * 2_100), "more than 2,000 rows"),
        (as_csv([["a" * 30_000, "b"]]), "line 1"),
        (as_csv([["a"] * 70]), "more than 60 columns"),
        (as_xlsx([["a"], *[[]] * 2_500, ["b"]]), "more than 2,000 rows"),
        (as_xlsx([[*[""] * 80, "b"]]), "more than 60 columns"),
    ],
    ids=["empty", "protected", "pdf", "cut off", "rows", "huge cell", "columns", "far row", "far column"],
)
def test_what_is_no_list_is_refused_in_one_line(content: bytes, words: str) -> None:
    with pytest.raises(SpreadsheetRefused, match=words) as refused:
        read_spreadsheet(content, known=is_known, limits=SMALL)
    assert "\n" not in str(refused.value)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    with pytest.raises(SpreadsheetRefused, match="larger than an import may be"):
        read_spreadsheet(out.getvalue(), known=is_known, limits=SMALL)


STRANGE: list[Any] = [
    "",
    "\x00",
    "=1+1",
    '=HYPERLINK("x")',
    "x" * 9_000,
    "#REF!",
    -1,
    1e300,
    True,
    "31/31/2026",
]
STRANGE += [
    "\N{RIGHT-TO-LEFT OVERRIDE}abc",
    "<script>",
    "\N{PILE OF POO}",
    46083.5,
    "١٢/٠٣/٢٠٢٦",
    "99999999999",
    "\r\n",
]


def broken(seed: int) -> bytes:
    """One broken file: strange cells, a wrong encoding, a cut, bytes changed, or something else altogether."""
    dice = random.Random(seed)
    rows: Cells = [list(COLUMNS), list(WENNA), list(JORY)]
    for _ in range(dice.randrange(1, 6)):
        row = rows[dice.randrange(len(rows))]
        row[dice.randrange(len(row))] = dice.choice(STRANGE)
    writers: list[Callable[[Cells], bytes]] = [as_csv, as_csv, as_xlsx, as_ods]
    write = dice.choice(writers)
    content = bytearray(
        write([row[: dice.choice((1, 5, 99))] for row in rows] if dice.random() < 0.2 else rows)
    )
    for _ in range(dice.choice((0, 0, 1, 30))):
        content[dice.randrange(len(content))] = dice.randrange(256)
    if dice.random() < 0.3:
        content = content[: dice.randrange(len(content))]
    return bytes(content) if dice.random() < 0.95 else dice.randbytes(300)


def test_two_hundred_broken_files_are_told_or_taken_whole(on_sqlite: Engine) -> None:
    told: list[str] = []
    refused: list[str] = []
    taken = files = 0
    for seed in range(200):
        try:
            taken += imported(on_sqlite, broken(seed)).contacts
            files += 1
        except SpreadsheetRefused as fault:
            refused.append(str(fault))
        except FaultsFound as found:
            told += map(str, found.outcome.faults)
        with reading(on_sqlite) as connection:
            assert number_of(connection, Case) == taken
    assert min(len(told), len(refused), files) > 20
    assert not [words for words in (*told, *refused) if "\n" in words or not words]


NATIONAL = [*COLUMNS, "Disability", "UPRN", "UPN"]


def test_disabilities_are_kept_by_their_national_codes(on_sqlite: Engine) -> None:
    said = {"Autism; VIS": ["AUT", "VIS"], "Y": [], "None": ["NONE"], "not known": []}
    rows = [
        [f"D{place}", *JORY[1:6], f"Child{place}", *JORY[7:], words, "0010012345678", "un3"]
        for place, words in enumerate(said)
    ]
    assert imported(on_sqlite, as_csv([NATIONAL, *rows])).contacts == 4
    with reading(on_sqlite) as connection:
        found = connection.execute(select(Person).order_by(Person.id)).all()
    assert [one.disabilities for one in found] == list(said.values())
    assert [one.disabled for one in found] == [True, True, False, None]
    assert {(one.uprn, one.upn) for one in found} == {("10012345678", None)}


def test_what_is_no_national_code_or_number_is_told_by_its_column(on_sqlite: Engine) -> None:
    row = [*WENNA[:11], "0000000000", "TR1 1AA", "Left-handed", "12 Acacia Avenue", "A801200005001"]
    found = {fault.column: fault.words for fault in faults_of(on_sqlite, as_csv([NATIONAL, row]))}
    assert found.keys() == {"NHS Number", "Disability", "UPRN", "UPN"}
    assert "'Left-handed' is not known: use AUT, BEH" in found["Disability"]
    row[13] = "NONE, AUT"
    words = {fault.words for fault in faults_of(on_sqlite, as_csv([NATIONAL, row]))}
    assert "No disability cannot be chosen together with one" in words
