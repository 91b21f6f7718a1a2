"""The key of a request covers every field, however it is put together."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.fingerprint import canonical_json, fingerprint
from prompteval.core.request import Message, Request

texts = st.text(max_size=12) | st.sampled_from(['"messages":[]', "\ud800", '{"messages":[]}'])
requests = st.builds(
    Request,
    model=texts,
    messages=st.lists(st.builds(Message, st.sampled_from(["system", "user"]), texts), max_size=3).map(tuple),
    params=st.dictionaries(texts, st.integers() | texts, max_size=2),
    schema=st.none() | st.dictionaries(texts, texts, max_size=2),
    schema_name=texts,
    seed=st.none() | st.integers(),
    replicate=st.integers(0, 3),
    identity=texts,
)


@given(requests, st.lists(texts, min_size=1, max_size=3))
def test_the_key_is_the_fingerprint_of_all_fields(request: Request, asked: list[str]) -> None:
    """Also for requests that share parameters and schema with one before, as the cases of a target do."""
    for text in asked:
        one = replace(request, messages=(Message("user", text),))
        assert one.canonical == canonical_json(one.as_json())
        assert one.key == fingerprint(one.as_json())
    assert request.key == fingerprint(request.as_json())


@given(requests)
def test_f31_another_field_is_another_key(request: Request) -> None:
    """Model, messages, parameters, schema, its name, seed, replicate and identity each count."""
    others = [
        replace(request, model=request.model + "x"),
        replace(request, messages=(*request.messages, Message("user", ""))),
        replace(request, params={**request.params, "new": 1}),
        replace(request, schema={**(request.schema or {}), "new": "1"}),
        replace(request, schema_name=request.schema_name + "x"),
        replace(request, seed=(request.seed or 0) + 1),
        replace(request, replicate=request.replicate + 1),
        replace(request, identity=request.identity + "x"),
    ]
    assert len({request.key, *(other.key for other in others)}) == 9


def test_a_parameter_changed_in_place_is_noticed() -> None:
    """Two requests around one dictionary, changed between them, have two keys."""
    params: dict[str, object] = {"temperature": 0}
    schema: dict[str, object] = {"properties": {"a": {"enum": ["x"]}}}
    first = Request("m", (), params=params, schema=schema).key
    params["temperature"] = 1
    second = Request("m", (), params=params, schema=schema).key
    schema["properties"]["a"]["enum"].append("y")  # type: ignore[index]
    third = Request("m", (), params=params, schema=schema).key
    assert len({first, second, third}) == 3
