"""JSON is written as Python's own module writes it: what was hashed before is hashed to the same."""

import json
from json import JSONEncoder

import pytest
from hypothesis import given, strategies as st

from earlyhelp.records.json_text import writer_as

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
PLAIN = [
    JSONEncoder(),
    JSONEncoder(sort_keys=True, separators=(",", ":")),
    JSONEncoder(ensure_ascii=False),
]


@pytest.mark.parametrize("plain", PLAIN, ids=["plain", "canonical", "any letter"])
@given(value=ANYTHING)
def test_json_is_written_as_the_plain_encoder_writes_it(plain: JSONEncoder, value: object) -> None:
    assert writer_as(plain)(value) == plain.encode(value)


def test_what_json_cannot_say_is_refused_and_the_next_is_written() -> None:
    write = writer_as(JSONEncoder())
    with pytest.raises(TypeError):
        write({"at": object()})
    assert write({"at": "noon"}) == '{"at": "noon"}'


def test_a_python_without_the_encoder_in_c_writes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json.encoder, "c_make_encoder", None)
    assert writer_as(JSONEncoder(sort_keys=True))({"b": 1, "a": None}) == '{"a": null, "b": 1}'
