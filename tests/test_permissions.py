"""Who sees which case and acts as what: domain.md, section 7, and nothing that it does not allow."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import chain, combinations, product
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import ColumnElement, Connection, Row, insert, select

from earlyhelp.near import (
    carried_near,
    carried_seen,
    carried_theirs,
    near_at_the_door,
    near_ever,
    near_open,
)
from earlyhelp.pathway.vocabulary import ROLES
from earlyhelp.permissions import (
    MATRIX,
    PUBLIC_FORM,
    SYSTEM,
    Person,
    acting_roles,
    kept_from,
    load_person,
    may,
    may_contribute,
    may_see,
    person_by_email,
    restricted_seen,
    sees_all_but_restricted,
    visible_cases,
)
from earlyhelp.records.cases import AT_THE_FRONT_DOOR, Case
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.database import connect
from earlyhelp.records.organisation import Agency, Team, User, UserRole
from earlyhelp.records.reference import PublishedPathway

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TEAMS = {1: "front_door", 2: "locality", 3: "locality", 4: "social_care"}
KINDS = ("screening", "allocation", "assessment", "step_up", "closed")
SAM, ALEX = 1, 2


def person(*roles: str, id: int | None = SAM, team: int | None = None) -> Person:
    return Person(
        id=id,
        email="sam@example.org",
        name="Sam Field",
        roles=frozenset(roles),
        team_id=team,
        team_kind=TEAMS.get(team or 0),
    )


def case(**differing: Any) -> Row[Any]:
    """An open case at assessment with the second team, led and opened by somebody else."""
    facts = {"state_kind": "assessment", "team_id": 2, "lead_professional_id": ALEX, "opened_by_id": ALEX}
    return cast(Row[Any], SimpleNamespace(**facts | {"id": 7, "restricted": False} | differing))


NAMED = replace(
    person("service_manager"),
    given=frozenset({7}),
    given_restricted=frozenset({7}),
    given_to_write=frozenset({7}),
)
"""A service manager named to the restricted case below, to work on it."""


@pytest.mark.parametrize(
    ("who", "what"),
    [
        (person("screener"), case()),
        (person("service_manager"), case()),
        (
            replace(person("service_manager"), given=frozenset({7}), given_restricted=frozenset({7})),
            case(restricted=True),
        ),
        (person("auditor"), case()),
        (person("lead_professional"), case(lead_professional_id=SAM)),
        (person("lead_professional"), case(lead_professional_id=SAM, restricted=True)),
        (person("manager", team=2), case()),
        (person("manager", team=2), case(restricted=True)),
        (person("manager", team=3), case(team_id=None)),
        (person("manager", team=3), case(state_kind="allocation", team_id=None)),
        (person("manager", team=1), case(state_kind="closed", team_id=None)),
        (person("manager", team=4), case(state_kind="step_up")),
        (person("manager", team=1), case(state_kind="screening")),
        (person("manager", team=1), case(state_kind="allocation")),
        (person("manager"), case()),
        (person("partner"), case(opened_by_id=SAM)),
        (replace(person("lead_professional"), given=frozenset({7})), case()),
        (
            replace(person(), given=frozenset({7}), given_restricted=frozenset({7})),
            case(restricted=True),
        ),
        (SYSTEM, case(restricted=True)),
    ],
)
def test_a_case_is_seen(who: Person, what: Row[Any]) -> None:
    assert may_see(who, what)


@pytest.mark.parametrize(
    ("who", "what"),
    [
        (person(), case(team_id=None)),
        (person("analyst"), case()),
        (person("administrator"), case()),
        (person("screener"), case(restricted=True)),
        (person("service_manager"), case(restricted=True)),
        (person("service_manager", team=2), case(restricted=True)),
        (person("auditor"), case(restricted=True)),
        (person("lead_professional"), case()),
        (person("analyst"), case(lead_professional_id=SAM)),
        (person("manager", team=3), case()),
        (person("manager", team=3), case(state_kind="screening", team_id=None)),
        (person("manager", team=3), case(state_kind="closed", team_id=None)),
        (person("manager", team=3), case(restricted=True)),
        (person("manager", team=3), case(state_kind="step_up")),
        (person("manager", team=4), case()),
        (person("manager", team=1), case()),
        (person("manager"), case(restricted=True)),
        (person("manager", team=3), case(team_id=None, restricted=True)),
        (person("partner"), case()),
        (person("partner"), case(opened_by_id=SAM, restricted=True)),
        (person("partner", id=None), case(opened_by_id=None)),
        (person("lead_professional", id=None), case(lead_professional_id=None)),
        (PUBLIC_FORM, case(opened_by_id=None, team_id=None)),
        (replace(person("lead_professional"), given=frozenset({8})), case()),
        (replace(person("lead_professional"), given=frozenset({7})), case(restricted=True)),
    ],
)
def test_a_case_is_not_seen(who: Person, what: Row[Any]) -> None:
    assert not may_see(who, what)


@pytest.mark.parametrize(
    ("who", "what", "roles"),
    [
        (person("lead_professional", "screener"), case(), {"screener"}),
        (person("lead_professional"), case(lead_professional_id=SAM), {"lead_professional"}),
        (person("manager", team=3), case(), set()),
        (person("manager"), case(), {"manager"}),
        (person("manager", team=2), case(), {"manager"}),
        (person("manager", "screener", team=3), case(), {"screener"}),
        (person("service_manager"), case(), {"service_manager", "manager"}),
        (NAMED, case(restricted=True), {"service_manager", "manager"}),
        (replace(NAMED, given_to_write=frozenset()), case(restricted=True), {"service_manager"}),
        (person("partner"), case(), set()),
        (person("partner"), case(opened_by_id=SAM), {"partner"}),
        (person("auditor", "analyst"), case(), {"auditor", "analyst"}),
        (SYSTEM, case(restricted=True), {"system"}),
    ],
)
def test_only_roles_that_hold_on_the_case_count(who: Person, what: Row[Any], roles: set[str]) -> None:
    assert acting_roles(who, what) == roles


@pytest.mark.parametrize(
    ("who", "what", "writes"),
    [
        (person("lead_professional"), case(lead_professional_id=SAM), True),
        (person("manager", team=2), case(), True),
        (person("manager", team=3), case(), False),
        (person("screener"), case(state_kind="screening"), True),
        (person("screener"), case(), False),
        (person("auditor"), case(), False),
        (replace(person(), given=frozenset({7})), case(), False),
        (replace(person(), given=frozenset({7}), given_to_write=frozenset({7})), case(), True),
        (
            replace(person(), given=frozenset({7}), given_to_write=frozenset({7})),
            case(restricted=True),
            False,
        ),
    ],
)
def test_notes_are_written_by_those_who_work_the_case(who: Person, what: Row[Any], writes: bool) -> None:
    assert may_contribute(who, what) is writes


def test_access_to_a_case_gives_no_role_on_it() -> None:
    who = replace(person("lead_professional", "manager", team=3), given=frozenset({7}))
    assert acting_roles(who, case()) == set()


def test_leading_a_restricted_case_does_not_make_its_lead_professional_a_manager_of_it() -> None:
    who = person("lead_professional", "manager")
    assert acting_roles(who, case(lead_professional_id=SAM, restricted=True)) == {"lead_professional"}


def test_who_acts_as_manager_sees_the_case() -> None:
    """Over every person and case of the table below: no role of a manager without sight of the case."""
    for who, facts in product(_persons(), _cases()):
        if "manager" in acting_roles(who, case(**facts)):
            assert may_see(who, case(**facts))


def test_lists_and_single_cases_follow_one_rule(connection: Connection) -> None:
    """Every set of roles, of no team and each kind of team, against every kind of case: SQL and Python agree."""
    _write(connection, _cases())
    rows = connection.execute(select(Case).order_by(Case.id)).all()
    for who in [*_persons(), SYSTEM, PUBLIC_FORM]:
        listed = set(connection.scalars(select(Case.id).where(visible_cases(who))))
        assert listed == {row.id for row in rows if may_see(who, row)} == _seen(who), who


def test_restricted_cases_are_told_apart_by_what_their_index_holds(connection: Connection) -> None:
    """Which are kept from somebody, and which are not, is said without the rule about cases: it must say the same."""
    _write(connection, _cases())
    restricted = {number for number, facts in enumerate(_cases(), start=1) if facts["restricted"]}
    for who in [*_persons(), SYSTEM, PUBLIC_FORM, NAMED]:
        seen = set(connection.scalars(select(Case.id).where(visible_cases(who))))
        assert set(connection.scalars(kept_from(who))) == restricted - seen, who
        assert set(connection.scalars(restricted_seen(who))) == restricted & seen, who


def test_who_sees_all_but_restricted_cases_sees_no_other() -> None:
    """What is counted once for all of them would tell anybody else too much or too little."""
    ordinary = {number for number, facts in enumerate(_cases(), start=1) if not facts["restricted"]}
    alike = [who for who in [*_persons(), SYSTEM, PUBLIC_FORM, NAMED] if sees_all_but_restricted(who)]
    assert all(_seen(who) == ordinary for who in alike)
    assert {person("service_manager"), person("service_manager", team=2), person("manager")} <= set(alike)


def test_what_clocks_carry_narrows_a_list_to_no_fewer_cases_than_are_seen(connection: Connection) -> None:
    _write(connection, _cases())
    rows = connection.execute(select(Case).order_by(Case.id)).all()
    _write_clocks(connection, rows)
    for who in [*_persons(), SYSTEM, PUBLIC_FORM, NAMED]:
        theirs, near = (
            set(connection.scalars(select(ClockRow.case_id).where(condition(who, ClockRow))))
            for condition in (carried_theirs, carried_near)
        )
        seen, told = _seen(who), carried_seen(who, ClockRow)
        assert theirs <= seen <= near, who
        if told is not None:
            assert set(connection.scalars(select(ClockRow.case_id).where(told))) == seen, who


def test_no_open_case_that_is_seen_is_left_out_of_those_that_lists_read(connection: Connection) -> None:
    _write(connection, _cases())
    still_open = set(connection.scalars(select(Case.id).where(Case.is_open)))
    for who in [*_persons(), SYSTEM, PUBLIC_FORM, NAMED]:
        near = set(connection.scalars(select(Case.id).where(near_open(who))))
        assert _seen(who) & still_open <= near, who


def test_no_contact_that_is_seen_is_left_out_of_those_that_the_front_doors_queue_reads(
    connection: Connection,
) -> None:
    _write(connection, _cases())
    waiting = set(connection.scalars(select(Case.id).where(Case.state_kind.in_(AT_THE_FRONT_DOOR))))
    for who in [*_persons(), SYSTEM, PUBLIC_FORM, NAMED]:
        near = set(connection.scalars(select(Case.id).where(near_at_the_door(who))))
        assert _seen(who) & waiting <= near, who


def test_no_case_that_is_seen_is_left_out_of_those_that_counts_of_a_day_read(connection: Connection) -> None:
    _write(connection, _cases())
    for who in [*_persons(), SYSTEM, PUBLIC_FORM, NAMED]:
        near = set(connection.scalars(select(Case.id).where(near_ever(who, Case.id))))
        assert _seen(who) <= near, who


def test_a_managers_lists_read_nothing_of_other_teams(connection: Connection) -> None:
    _write(connection, _cases())
    near = connection.execute(select(Case).where(near_open(person("manager", team=2)))).all()
    assert {row.team_id for row in near} == {None, 2}
    assert {row.state_kind for row in near if row.team_id is None} == {"allocation", "assessment"}
    at_the_door = select(Case).where(near_at_the_door(person("manager", team=2)))
    assert {row.team_id for row in connection.execute(at_the_door)} == {2}


def test_a_manager_of_social_care_reads_of_others_what_is_stepped_up(connection: Connection) -> None:
    _write(connection, _cases())
    ours = next(number for number, kind in TEAMS.items() if kind == "social_care")
    near = connection.execute(select(Case).where(near_open(person("manager", team=ours)))).all()
    others = [row for row in near if row.team_id not in {None, ours}]
    assert {row.state_kind for row in others} == {"step_up"}


@pytest.mark.parametrize(
    ("who", "asked", "index"),
    [
        (person("manager", team=2), Case.team_id == 2, "ix_cases_team"),
        (person("lead_professional"), Case.lead_professional_id == SAM, "ix_cases_lead"),
        (person("screener"), Case.state_kind == "screening", "ix_cases_queue"),
        (person("service_manager"), Case.team_id == 3, "ix_cases_team"),
    ],
)
def test_a_list_by_nearest_deadline_is_one_walk_of_its_index(
    sqlite_url: Callable[[], str], who: Person, asked: ColumnElement[bool], index: str
) -> None:
    """On SQLite, whose plan for an empty table is its plan for a full one."""
    statement = select(Case.id).where(Case.is_open, asked, visible_cases(who), Case.next_due_at.is_not(None))
    ordered = statement.order_by(Case.next_due_at, Case.id).limit(25)
    engine = connect(sqlite_url())
    with engine.connect() as connection:
        literal = ordered.compile(connection, compile_kwargs={"literal_binds": True})
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {literal}")]
    engine.dispose()
    assert len(plan) == 1
    assert plan[0].startswith(f"SEARCH cases USING INDEX {index} (")


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        ("front_door", {"screener", "manager", "service_manager"}),
        ("my_cases", {"lead_professional"}),
        ("management", {"manager", "service_manager"}),
        ("scorecard", {"manager", "service_manager", "analyst", "auditor"}),
        ("administration", {"administrator"}),
        ("audit", {"auditor", "administrator"}),
    ],
)
def test_a_page_is_for_the_roles_that_work_there_and_no_other(permission: str, roles: set[str]) -> None:
    assert {role for role in ROLES if may(person(role), permission)} == roles


def test_an_unknown_permission_is_nobodys() -> None:
    assert not may(person(*ROLES), "anything_else")


def test_permissions_name_only_roles_that_exist() -> None:
    assert set().union(*MATRIX.values()) <= set(ROLES)


def test_an_active_user_is_loaded_with_team_agency_and_roles(connection: Connection) -> None:
    _write_sam(connection, roles=["manager", "screener"])
    sam = load_person(connection, user_id=SAM)
    assert sam == person_by_email(connection, email=" Sam@Example.org ")
    assert sam == Person(
        id=SAM,
        email="sam@example.org",
        name="Sam Field",
        roles=frozenset({"manager", "screener"}),
        team_id=1,
        team_key="team-1",
        team_kind="front_door",
        agency_id=1,
        agency="A school",
    )


def test_a_user_without_a_role_is_loaded_and_may_nothing(connection: Connection) -> None:
    _write_sam(connection, roles=[])
    sam = load_person(connection, user_id=SAM)
    assert sam is not None
    assert sam.roles == frozenset()
    assert not any(may(sam, permission) for permission in MATRIX)


def test_a_user_who_left_is_nobody(connection: Connection) -> None:
    _write_sam(connection, roles=["service_manager"], active=False)
    assert load_person(connection, user_id=SAM) is None
    assert person_by_email(connection, email="sam@example.org") is None
    assert load_person(connection, user_id=ALEX) is None


def _persons() -> Iterator[Person]:
    """The analyst stands for every role that sees no case."""
    roles = ("screener", "manager", "service_manager", "auditor", "lead_professional", "partner", "analyst")
    subsets = chain.from_iterable(combinations(roles, length) for length in range(len(roles) + 1))
    for held, team, id in product(subsets, (None, 1, 2, 4), (SAM, None)):
        yield person(*held, id=id, team=team)
    letters: Sequence[tuple[tuple[str, ...], int | None]] = (
        ((), None),
        (("lead_professional",), None),
        (("screener",), None),
        (("manager",), 2),
        (("service_manager",), None),
    )
    for held, team in letters:
        yield replace(
            person(*held, team=team),
            given=frozenset(range(1, 200, 3)),
            given_restricted=frozenset(range(1, 200, 9)),
        )


@cache
def _seen(who: Person) -> frozenset[int]:
    """The numbers of the cases below that they see: found out once for all the tests of lists."""
    numbered = enumerate(_cases(), start=1)
    return frozenset(number for number, facts in numbered if may_see(who, case(**facts, id=number)))


def _cases() -> list[dict[str, Any]]:
    people = (None, SAM, ALEX)
    return [
        {
            "state_kind": kind,
            "team_id": team,
            "restricted": restricted,
            "lead_professional_id": lead,
            "opened_by_id": opened_by,
        }
        for kind, team, restricted, lead, opened_by in product(
            KINDS, (None, 2, 3), (False, True), people, people
        )
    ]


def _write(connection: Connection, cases: Sequence[Mapping[str, Any]]) -> None:
    _write_teams(connection)
    for id, email in ((SAM, "sam@example.org"), (ALEX, "alex@example.org")):
        connection.execute(insert(User).values(id=id, email=email, name=email, created_at=NOW))
    pathway = {"id": 1, "name": "standard", "version": "1", "title": "Standard", "content": {}, "digest": "0"}
    connection.execute(insert(PublishedPathway).values(published_at=NOW, published_by="us", **pathway))
    always = {"pathway_id": 1, "state": "any", "state_entered_at": NOW, "version": 1, "last_hash": "0"}
    always |= {"opened_at": NOW, "last_event_at": NOW}
    connection.execute(
        insert(Case),
        [
            {
                "id": number,
                "reference": f"EH-{number}",
                "is_open": facts["state_kind"] != "closed",
                **always,
                **facts,
            }
            for number, facts in enumerate(cases, start=1)
        ],
    )


def _write_clocks(connection: Connection, cases: Sequence[Row[Any]]) -> None:
    """One running clock of each case, carrying whose it is."""
    always = {
        "pathway_id": 1,
        "name": "any",
        "kind": "any",
        "status": "running",
        "holder": "manager",
        "started_by": 1,
    }
    always |= dict.fromkeys(("started_at", "start_recorded_at", "due_at", "gross_due_at"), NOW)
    carried = ("team_id", "lead_professional_id")
    clocks = [{"case_id": case.id, **{name: getattr(case, name) for name in carried}} for case in cases]
    connection.execute(insert(ClockRow), [{"pauses": [], "span": {}, **always, **clock} for clock in clocks])


def _write_teams(connection: Connection) -> None:
    teams = [
        {"id": id, "key": f"team-{id}", "name": f"Team {id}", "kind": kind} for id, kind in TEAMS.items()
    ]
    connection.execute(insert(Team), teams)


def _write_sam(connection: Connection, *, roles: Sequence[str], active: bool = True) -> None:
    _write_teams(connection)
    connection.execute(insert(Agency).values(id=1, key="school", name="A school", kind="education"))
    sam = {"id": SAM, "email": "sam@example.org", "name": "Sam Field", "team_id": 1, "agency_id": 1}
    connection.execute(insert(User).values(created_at=NOW, active=active, **sam))
    if roles:
        connection.execute(insert(UserRole), [{"user_id": SAM, "role": role} for role in roles])
