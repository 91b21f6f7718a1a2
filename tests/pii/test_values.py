"""Names of fields are masked so that each is of one value."""

import pytest

from prompteval.core.errors import UsageError
from prompteval.pii import field_names
from prompteval.pii.field_names import FieldNames
from prompteval.pii.redact import redact
from prompteval.pii.values import masked_value


def _mask(text: str) -> str:
    return redact(text).text


def test_names_of_one_value_do_not_depend_on_the_order_of_its_fields() -> None:
    """A log is written by several processes, which know no name of each other."""
    people = {"mary@x.de": 2, "john@x.de": 1, "n": 3}
    expected = {"[EMAIL] (2)": 2, "[EMAIL]": 1, "n": 3}
    assert masked_value(people, _mask) == expected
    assert masked_value(dict(reversed(people.items())), _mask) == expected


def test_more_names_than_memory_is_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names without a mask do not count."""
    monkeypatch.setattr(field_names, "MOST_NAMES", 2)
    names = FieldNames()
    masked_value({"a": 1, "b": 2, "c": 3, "x@x.de": 1, "y@x.de": 2}, _mask, names)
    masked_value({"y@x.de": 1}, _mask, names)
    with pytest.raises(UsageError, match="over 2 different names of fields are masked"):
        masked_value({"z@x.de": 1}, _mask, names)
