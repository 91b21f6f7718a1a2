"""Names of metrics, in the table and in the registry."""

from prompteval.core.registry import BUILT_IN
from prompteval.metrics.names import PARAMETERS


def test_no_plug_in_takes_the_name_of_a_metric() -> None:
    """The registry knows every name of the table, so that a package which registers one is refused."""
    assert set(BUILT_IN["prompteval.metrics"]) == set(PARAMETERS)
