"""YAML by the 1.2 core schema, bounded."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import InvalidInput
from prompteval.workspace.yaml12 import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("12:30", "12:30"), ("2024-01-01", "2024-01-01"), ("1.10", 1.1), ("010", 10),
        ("0o17", 15), ("0x1F", 31), ("~", None), ("", None), ("true", True), ("'true'", "true"), ("1e3", 1000.0),
    ],
)  # fmt: skip
def test_b1_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    """Only the core schema's words are more than text; `no` stays a label."""
    found = parse(f"label: {text}", "a.yaml").value["label"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", ["9" * 5000, "0x" + "f" * 4000, "0o" + "7" * 5000])
def test_b1_an_integer_that_cannot_be_written_out_is_refused(text: str) -> None:
    """In every base: an id of that size would fail when it is made a text."""
    with pytest.raises(InvalidInput, match=r"a\.yaml:1:6 PE113 an integer of more than 3,000 digits"):
        parse(f"idx: {text}", "a.yaml")


def test_b2_duplicate_key_names_both_lines() -> None:
    """The second key's line is the place, the first one's is in the message."""
    with pytest.raises(InvalidInput, match=r"a\.yaml:3:1 PE112 duplicate key 'a', first at line 1"):
        parse("a: 1\nb: 2\na: 3\n", "a.yaml")


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
)


MANY_KEYS = "\n".join(f"k{number}: 1" for number in range(200_000))
DEEP_LIST = "[" * 99 + "0," * 900_000 + "]" * 99


@pytest.mark.parametrize(
    "text",
    ["[" * 200_000, "{a: " * 200_000, "- " * 200_000, BOMB, "x" * 100_000_000, MANY_KEYS, DEEP_LIST],
    ids=["lists", "mappings", "items", "aliases", "size", "keys", "deep-and-wide"],
)
def test_b3_deep_wide_and_large_files_are_refused_at_once(text: str) -> None:
    """Nesting, alias bombs and huge files end in an error within a second, never in a crash."""
    started = time.process_time()
    with pytest.raises(InvalidInput):
        parse(text, "a.yaml")
    assert time.process_time() - started < 2.0


def test_b4_tab_indentation_is_an_error_with_its_line() -> None:
    """YAML forbids tabs; the message says where."""
    with pytest.raises(InvalidInput, match=r"a\.yaml:2:1 PE106"):
        parse("a:\n\t- b\n", "a.yaml")


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system", "!!python/name:os.system", "!custom", "!!binary"]
)
def test_s14_tags_construct_nothing(tag: str) -> None:
    """No tag but those of plain data is read."""
    with pytest.raises(InvalidInput, match="PE109"):
        parse(f"a: {tag} ['echo']", "a.yaml")


@pytest.mark.parametrize("node", ["!!int true", "!!float true", "!!bool 1", "!!null 0", "!!int 1.5"])
def test_a_tag_of_plain_data_takes_its_own_kind_only(node: str) -> None:
    """A truth value is no number; a whole number may be tagged as a float."""
    with pytest.raises(InvalidInput, match=r"a\.yaml:1:4 PE109"):
        parse(f"a: {node}", "a.yaml")
    assert repr(parse("a: !!float 1", "a.yaml").value) == "{'a': 1.0}"


def test_places_point_at_keys_and_values() -> None:
    """Every value and key knows its line and column, from 1."""
    document = parse("a:\n  - b: 1\n    c: [x, y]\n", "a.yaml")
    assert document.place(("a", 0, "c", 1)) == (3, 12)
    assert document.key_place(("a", 0, "c")) == (3, 5)
    assert document.place(("a", 0, "zzz")) == (2, 5)


@pytest.mark.parametrize("mark", "\x85\u2028\u2029")
@pytest.mark.parametrize(
    "text",
    [
        '"a{}b": "c {} d"',
        "a{}b: c {} d",
        "# {} x: 1\na{}b: c {} d",
        "a{}b: |-\n  c {} d",
        '{{"a{}b": c {} d}}',
    ],
)
def test_what_was_a_line_break_in_yaml_1_1_is_a_character(text: str, mark: str) -> None:
    """In keys, in values of every style and in comments; other characters are kept beside it."""
    assert parse(text.format(*[mark] * 3), "a.yaml").value == {f"a{mark}b": f"c {mark} d"}
    assert parse(f'"{mark}\U000f0000\U000f0001"', "a.yaml").value == f"{mark}\U000f0000\U000f0001"


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30))
def test_quoted_text_reads_back(text: str) -> None:
    """Any printable text in single quotes is that text."""
    quoted = text.replace("'", "''")
    if "\ufeff" not in text:
        assert parse(f"a: '{quoted}'", "a.yaml").value == {"a": text}


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but InvalidInput ever comes out of the parser."""
    try:
        parse(text, "a.yaml")
    except InvalidInput as error:
        assert error.problems


def test_a_merge_key_takes_what_the_mapping_does_not_set() -> None:
    """As every other reader of YAML has it: own keys win, then the first of a list; a quoted one is a key."""
    text = 'base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\none: {<<: *b, y: 5}\ntwo: {<<: [*b, *m]}\nthree: {"<<": 1}\n'
    value = parse(text, "s.yaml").value
    assert (value["one"], value["two"], value["three"]) == (
        {"x": 1, "y": 5},
        {"x": 1, "y": 2, "z": 4},
        {"<<": 1},
    )
    with pytest.raises(InvalidInput, match="1:2 PE110"):
        parse("{<<: 1}", "s.yaml")
