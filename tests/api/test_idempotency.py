"""A caller that is not sure whether its contact arrived sends it again, and never makes two cases of one."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from earlyhelp.records.cases import Case, Event, IdempotencyKey
from earlyhelp.records.database import reading, transaction
from tests.api.council import FIELDS, Council, contact, found_council

KEY = {"Idempotency-Key": "hillside-2026-0042"}


@pytest.fixture
def busy_council(fresh_engine: Engine, tmp_path: Path) -> Council:
    """A council with a database of its own, for callers at the same time."""
    return found_council(fresh_engine, folder=tmp_path)


def count_of_cases(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.scalar(select(func.count()).select_from(Case)) or 0)


def test_the_same_key_and_body_give_the_same_answer(council: Council) -> None:
    first = council.post("partner", "/contacts", contact(), headers=KEY)
    again = council.post("partner", "/contacts", dict(reversed(contact().items())), headers=KEY)
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert again.headers["Location"] == first.headers["Location"]
    assert count_of_cases(council.engine) == 1


def test_the_same_key_with_another_body_is_refused(council: Council) -> None:
    council.post("partner", "/contacts", contact(), headers=KEY)
    other = council.post("partner", "/contacts", contact(worries="Something else"), headers=KEY)
    assert other.status_code == 422
    assert list((other.json or {})["errors"]) == ["Idempotency-Key"]
    assert count_of_cases(council.engine) == 1


def test_a_key_belongs_to_one_caller(council: Council) -> None:
    answers = [council.post(who, "/contacts", contact(), headers=KEY) for who in ("partner", "screener")]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert count_of_cases(council.engine) == 2


def test_a_refused_contact_leaves_its_key_free(council: Council) -> None:
    refused = council.post("partner", "/contacts", contact(source="99"), headers=KEY)
    mended = council.post("partner", "/contacts", contact(), headers=KEY)
    assert (refused.status_code, mended.status_code) == (422, 201)


def test_a_case_that_was_restricted_since_is_not_shown_again(council: Council) -> None:
    made = council.contact("partner")
    first = council.post("partner", "/contacts", contact(), headers=KEY).json or {}
    council.act("screener", first, "request_information")
    with transaction(council.engine) as connection:
        connection.execute(update(Case).values(restricted=True))
    assert council.post("partner", "/contacts", contact(), headers=KEY).status_code == 404
    assert council.get("partner", f"/cases/{made['reference']}").status_code == 404


def test_two_requests_with_one_key_at_once_make_one_case(busy_council: Council) -> None:
    with ThreadPoolExecutor(4) as pool:
        sent = [
            pool.submit(busy_council.post, "partner", "/contacts", contact(), headers=KEY) for _ in range(4)
        ]
        answers = [future.result() for future in sent]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert count_of_cases(busy_council.engine) == 1
    with reading(busy_council.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(IdempotencyKey)) == 1


def test_of_two_callers_with_the_same_version_exactly_one_wins(busy_council: Council) -> None:
    case = busy_council.contact()
    path = f"/cases/{case['reference']}/actions/accept_for_early_help"
    body = {"version": 1, "fields": FIELDS["accept_for_early_help"]}
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(busy_council.post, "screener", path, body) for _ in range(4)]
        answers = [future.result() for future in sent]
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    late = [answer.get_json(force=True) for answer in answers if answer.status_code == 409]
    assert {problem["type"].rpartition("/")[2] for problem in late} == {"stale-version"}
    assert {problem["current_version"] for problem in late} == {2}
    with reading(busy_council.engine) as connection:
        assert connection.scalars(select(Event.sequence).order_by(Event.sequence)).all() == [1, 2]
