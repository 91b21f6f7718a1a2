"""Runs and judgments from their files."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import InvalidInput
from prompteval.rag.trec.read import hashed, rankings, read_qrels, read_run


def test_a_run_keeps_queries_in_their_order_and_reads_no_rank(tmp_path: Path) -> None:
    """Queries may be scattered; exponents and infinities are numbers; the column of ranks is not."""
    (tmp_path / "r").write_text("q2 Q0 d1 x 1e-3 t\nq1 Q0 d1 x inf t\nq2 Q0 dé 9 -.5 t\n")
    run = read_run(tmp_path / "r")
    assert run.queries == ("q2", "q1") and run.query.tolist() == [0, 1, 0]
    assert run.number.tolist() == [0.001, float("inf"), -0.5]
    assert rankings(run)["q2"].hits == (("d1", 0.001), ("dé", -0.5))


@pytest.mark.parametrize("score", ["nan", "1_0", "0x1", "1,5", "٣"])
def test_a_score_that_is_no_number_is_named(tmp_path: Path, score: str) -> None:
    """At its line, with what stands there."""
    (tmp_path / "r").write_text(f"q Q0 d 1 1 t\nq Q0 e 2 {score} t\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=rf"r:2:1 PE372 score is '{score}' \(score is a number\)"):
        read_run(tmp_path / "r")


def test_judgments_are_read_with_and_without_an_iteration(tmp_path: Path) -> None:
    """trec_eval's four columns, BEIR's three with their header, and three without."""
    (tmp_path / "a").write_text("q 0 d 2\nq 0 e -1\n")
    (tmp_path / "b").write_text("query-id\tcorpus-id\tscore\nq\td\t2\nq\te\t-1\n")
    (tmp_path / "c").write_text("q d 2\nq e -1\n")
    for name in "abc":
        table = read_qrels(tmp_path / name)
        assert table.document.tolist() == [b"d", b"e"] and table.number.tolist() == [2, -1]
    assert read_qrels(tmp_path / "b").line(1) == 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("q 0 d 1\nq 0 d 0\n", "PE373 document 'd' has two judgments for query 'q' (keep one of the lines)"),
        ("q 0 d 1\nq 0 e 1.5\n", "PE372 grade is '1.5'"),
        ("q 0 d 1\nq 0 e 99999999999999999999\n", "PE372 grade is '99999999999999999999'"),
        ("query-id corpus-id score\n", "PE370 the file has only a header"),
    ],
)
def test_wrong_judgments_are_named(tmp_path: Path, text: str, problem: str) -> None:
    """A grade is a whole number, and a document has one a query."""
    (tmp_path / "q").write_text(text)
    with pytest.raises(InvalidInput) as raised:
        read_qrels(tmp_path / "q")
    assert problem in str(raised.value)


@given(
    st.lists(st.binary(min_size=1, max_size=40).filter(lambda text: 0 not in text), min_size=1),
    st.integers(1, 60),
)
def test_a_hash_does_not_depend_on_the_width_of_its_column(texts: list[bytes], wider: int) -> None:
    """Blocks of a file have columns of different widths."""
    column = np.array(texts)
    wide = column.astype(f"S{column.dtype.itemsize + wider}")
    assert hashed(column).tolist() == hashed(wide).tolist()
    assert len(set(hashed(column).tolist())) == len(set(texts))
