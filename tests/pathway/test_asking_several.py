"""Several agencies asked at once: each has its own clock, and its answer stops that one alone."""

import random

import pytest

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.loading import load
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.places import workflows
from tests.pathway.moments import london
from tests.pathway.walks import Walk


@pytest.fixture
def walk() -> Walk:
    walk = Walk(
        compile_pathway(load(workflows() / "standard.toml"), england()),
        begun_at=london("2026-03-10 10:00"),
        chance=random.Random(1),
    )
    walk.take("receive_contact")
    return walk


def waited_for(walk: Walk) -> list[str]:
    return [clock.about for clock in walk.facts.clocks if clock.name == "information"]


def test_each_agency_asked_has_its_own_clock(walk: Walk) -> None:
    walk.take("request_information", from_whom="School; Health  visitor;police; school")
    assert waited_for(walk) == ["School", "Health visitor", "police"]


def test_one_answer_stops_its_own_clock_and_the_others_are_waited_for(walk: Walk) -> None:
    walk.take("request_information", from_whom="School; Police")
    walk.take("information_received", from_whom="SCHOOL")
    assert waited_for(walk) == ["Police"]
    assert walk.facts.state == "gathering_information"


def test_the_last_answer_brings_the_case_back_to_screening(walk: Walk) -> None:
    walk.take("request_information", from_whom="School; Police")
    walk.take("information_received", from_whom="Police")
    walk.take("information_received", from_whom="School")
    assert waited_for(walk) == []
    assert walk.facts.state == "screening"


def test_an_answer_that_names_nobody_is_everybodys(walk: Walk) -> None:
    walk.take("request_information", from_whom="School; Police")
    walk.take("information_received", from_whom="")
    assert waited_for(walk) == []
    assert walk.facts.state == "screening"


def test_another_agency_can_be_asked_while_the_first_is_waited_for(walk: Walk) -> None:
    walk.take("request_information", from_whom="School")
    walk.now = london("2026-03-11 10:00")
    walk.take("request_information", from_whom="Police")
    clocks = {clock.about: clock.schedule.due_at for clock in walk.facts.clocks if clock.about}
    assert clocks == {"School": london("2026-03-14 00:00"), "Police": london("2026-03-17 00:00")}


def test_an_answer_of_somebody_who_was_not_asked_is_refused_with_who_was(walk: Walk) -> None:
    walk.take("request_information", from_whom="School; Police")
    with pytest.raises(BadFields, match="Still to answer: School; Police"):
        walk.take("information_received", from_whom="Housing")


def test_a_decision_ends_the_waiting_for_all(walk: Walk) -> None:
    walk.take("request_information", from_whom="School; Police")
    walk.take("accept_for_early_help")
    assert waited_for(walk) == []
