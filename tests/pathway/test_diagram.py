"""The picture of a pathway: complete, safe to put on a page, the same at every run."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.diagram import MARGIN, WIDTH, svg
from earlyhelp.pathway.loading import folder_library, load, read
from earlyhelp.pathway.outline import outline
from earlyhelp.places import workflows

CHECKOUT = Path(__file__).parents[2]
BROKEN = Path(__file__).parent / "broken"
HEAD = 'name = "x"\nversion = "1"\n'
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def standard() -> Pathway:
    return load(workflows() / "standard.toml")


@pytest.fixture(scope="module")
def picture(standard: Pathway) -> Xml.Element:
    return Xml.fromstring(svg(standard))


def words_in(picture: Xml.Element) -> str:
    return " ".join(" ".join(element.itertext()) for element in picture.iter(f"{SVG}text"))


def test_every_state_and_action_is_in_the_picture(standard: Pathway, picture: Xml.Element) -> None:
    words = " ".join(words_in(picture).split())
    titles = [part.title for table in (standard.states, standard.actions) for part in table.values()]
    assert [title for title in titles if title not in words] == []


def test_who_may_take_an_action_stands_beside_it(picture: Xml.Element) -> None:
    assert "Accept for early help screener → Awaiting allocation" in " ".join(words_in(picture).split())


def test_a_time_limit_stands_where_it_runs(standard: Pathway) -> None:
    limits = {station.title: station.clocks for station in outline(standard)}
    assert "First contact with the family: 5 working days" in limits["Awaiting first contact"]
    assert sum("Screening decision: 1 working day" in clocks for clocks in limits.values()) == 2


def test_an_arrow_points_at_every_state(standard: Pathway, picture: Xml.Element) -> None:
    assert len(list(picture.iter(f"{SVG}polygon"))) == len(standard.states)


def test_it_needs_no_style_and_no_script(picture: Xml.Element) -> None:
    """The strictest content security policy lets it pass."""
    assert {element.tag for element in picture.iter()} & {f"{SVG}style", f"{SVG}script"} == set()
    assert [key for element in picture.iter() for key in element.attrib if key in {"style", "onload"}] == []


def test_it_has_a_title_and_a_summary(standard: Pathway, picture: Xml.Element) -> None:
    assert picture.findtext(f"{SVG}title") == standard.title
    assert "9 states" in str(picture.findtext(f"{SVG}desc"))


def test_words_of_a_file_cannot_become_markup() -> None:
    text = f'extends = "whole"\n{HEAD}title = "<script>1</script>"\n[states.helping]\ntitle = "<b>&"'
    picture = Xml.fromstring(svg(read(text, file="x.toml", library=folder_library(BROKEN))))
    assert picture.findtext(f"{SVG}title") == "<script>1</script>"
    assert "<b>&" in words_in(picture)


def test_cases_are_counted_and_states_link_to_them(standard: Pathway) -> None:
    drawn = svg(standard, {"screening": 1, "assessing": 1200}, {"screening": "/cases?state=screening&team=a"})
    picture = Xml.fromstring(drawn)
    assert [link.get("href") for link in picture.iter(f"{SVG}a")] == ["/cases?state=screening&team=a"]
    assert picture.get("role") == "group"
    words = words_in(picture)
    assert "1 case" in words
    assert "1,200 cases" in words


def test_nothing_overlaps_and_nothing_leaves_the_picture(picture: Xml.Element) -> None:
    height = int(str(picture.get("height")))
    boxes = [box for box in picture.iter(f"{SVG}rect") if box.get("stroke")]
    edges = [(int(str(box.get("y"))), int(str(box.get("height")))) for box in boxes]
    assert all(top + tall < below for (top, tall), (below, _) in pairwise(edges))
    assert edges[-1][0] + edges[-1][1] < height
    lines = sorted({int(str(text.get("y"))) for text in picture.iter(f"{SVG}text")})
    assert min(below - above for above, below in pairwise(lines)) >= 14


def test_twelve_states_have_a_lane_each() -> None:
    more = "".join(
        f'[states.extra_{n}]\ntitle = "Extra {n}"\nkind = "plan"\n'
        f'[actions.go_{n}]\ntitle = "Go {n}"\nkind = "other"\nroles = ["manager"]\n'
        f'from = ["helping"]\nto = "extra_{n}"\n'
        f'[actions.end_{n}]\ntitle = "End {n}"\nkind = "other"\nroles = ["manager"]\n'
        f'from = ["extra_{n}"]\nto = "closed"\noutcome = "ended"\n'
        for n in range(8)
    )
    text = f'extends = "whole"\n{HEAD}title = "Twelve"\n{more}'
    picture = Xml.fromstring(svg(read(text, file="x.toml", library=folder_library(BROKEN))))
    lanes = [path.get("d", "")[1:].split(" ")[0] for path in picture.iter(f"{SVG}path")]
    assert len(set(lanes)) == 12
    assert all(MARGIN + WIDTH < int(x) < int(str(picture.get("width"))) for x in lanes)


def test_a_council_s_own_word_for_a_role_is_used() -> None:
    words = '[terms]\nlead_professional = "lead practitioner"'
    text = f'extends = "standard"\n{HEAD}title = "X"\n{words}'
    local = read(text, file="x.toml", library=folder_library(workflows()))
    drawn = " ".join(words_in(Xml.fromstring(svg(local))).split())
    assert "Submit the assessment lead practitioner → Awaiting authorisation" in drawn


@pytest.mark.slow
def test_the_picture_is_the_same_at_every_run(standard: Pathway) -> None:
    program = (
        "from pathlib import Path; from earlyhelp.pathway.diagram import svg;"
        "from earlyhelp.pathway.loading import load;"
        f"print(svg(load(Path({str(workflows() / 'standard.toml')!r}))), end='')"
    )
    for seed in ("1", "2"):
        drawn = subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=CHECKOUT,
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "PYTHONIOENCODING": "utf-8",
                "PYTHONPATH": str(CHECKOUT),
            },
        ).stdout
        assert drawn == svg(standard)
