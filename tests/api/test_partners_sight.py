"""A partner's system tells us of children. What it sends is no way to look anybody up, by number or by name."""

from tests.api.council import Council, child, contact

KNOWN = child(nhs_number="9434765919", postcode="WS1 1TP", address="12 Hidden Lane")


def test_a_number_that_was_guessed_names_nobody(council: Council) -> None:
    known = council.contact(children=[KNOWN])["children"][0]["person"]
    guess = {"given_name": "Anybody", "family_name": "Else", "person": known}
    stranger = {**guess, "person": "P0009999"}
    bodies = [
        council.post("partner", "/contacts", contact(children=[one]))
        for one in (child(**guess), child(**stranger))
    ]
    assert [answer.status_code for answer in bodies] == [422, 422]
    assert bodies[0].json == bodies[1].json
    assert council.post("screener", "/contacts", contact(children=[child(**guess)])).status_code == 201


def test_who_tells_us_of_a_known_child_learns_nothing_that_others_recorded(council: Council) -> None:
    known = council.contact(children=[KNOWN])["children"][0]["person"]
    told = child(family_name="Told", nhs_number="9434765919", date_of_birth="2019-05-04")
    made = council.contact("partner", children=[told])
    listed = council.get("partner", "/cases").json or {}
    again = council.get("partner", f"/cases/{made['reference']}").json or {}
    for answer in (made, again, *listed["cases"]):
        (shown,) = answer["children"]
        assert (shown["person"], shown["given_name"]) == (known, "Wenna"), "it is the child who was known"
        assert not [name for name, value in shown.items() if value and name not in {"person", "given_name"}]
    (whole,) = (council.get("screener", f"/cases/{made['reference']}").json or {})["children"]
    assert whole["postcode"] == "WS1 1TP"


def test_what_is_kept_from_who_tells_us_is_null_and_the_document_says_so(council: Council) -> None:
    council.contact(children=[KNOWN])
    told = child(family_name="Told", nhs_number="9434765919", date_of_birth="2019-05-04")
    (shown,) = council.contact("partner", children=[told])["children"]
    assert (shown["gender"], shown["ethnicity"]) == (None, None)
    document = council.get(None, "/api/openapi.json").json or {}
    said = document["components"]["schemas"]["ChildAnswer"]["properties"]
    assert said["gender"]["anyOf"][0]["enum"] == ["male", "female", "neither", "not_stated"]
    assert [said[name]["anyOf"][-1] for name in ("gender", "ethnicity")] == [{"type": "null"}] * 2


def test_a_child_who_was_not_known_comes_back_as_told(council: Council) -> None:
    (shown,) = council.contact("partner", children=[KNOWN])["children"]
    assert (shown["nhs_number"], shown["postcode"]) == ("9434765919", "WS1 1TP")
