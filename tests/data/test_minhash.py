"""Near-duplicates against every pair compared."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from prompteval.data.minhash import COMPARED_WITH, Pair, near_pairs, shingles
from prompteval.data.normal import normal


def jaccard(one: str, other: str) -> float:
    a, b = shingles(one), shingles(other)
    return len(a & b) / max(len(a | b), 1)


def every_pair(texts: list[str], threshold: float) -> set[tuple[int, int]]:
    """By comparing all: the matrix of texts by shingles, times itself, has what every two of them share."""
    sets = [sorted(shingles(text)) for text in texts]
    sizes = np.array([len(one) for one in sets])
    names = {name: place for place, name in enumerate(sorted({name for one in sets for name in one}))}
    columns = [names[name] for one in sets for name in one]
    rows = np.repeat(np.arange(len(texts)), sizes)
    has = csr_array((np.ones(len(columns), dtype=np.int64), (rows, columns)))
    shared = (has @ has.T).tocoo()
    i, j, both = shared.row, shared.col, shared.data
    alike = (i < j) & (both / (sizes[i] + sizes[j] - both) >= threshold)
    return {(a, b) for a, b in zip(i[alike].tolist(), j[alike].tolist(), strict=True) if texts[a] != texts[b]}


def changed_texts(count: int, seed: int) -> list[str]:
    """Texts of about 200 characters, a fifth of them another one with a few characters replaced."""
    draw = random.Random(seed)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(3000)]
    texts = [" ".join(draw.choices(words, k=33))[:200] for _ in range(count)]
    for place in draw.sample(range(count), count // 5):
        letters = list(texts[draw.randrange(count)])
        for _ in range(draw.randint(1, 6)):
            letters[draw.randrange(len(letters))] = draw.choice("xyz ")
        texts[place] = "".join(letters)
    return texts


def test_recall_and_no_false_pair_against_all_pairs() -> None:
    """Every pair that is reported is one, with its index; of the others at most one in a hundred is missed."""
    texts = changed_texts(1500, seed=1)
    found = list(near_pairs(texts, 0.8))
    assert all(jaccard(texts[pair.first], texts[pair.second]) == pair.jaccard >= 0.8 for pair in found)
    wanted = every_pair(texts, 0.8)
    places = {(pair.first, pair.second) for pair in found}
    assert len(places) == len(found) and len(wanted) > 100
    assert places <= wanted and len(places) >= 0.99 * len(wanted)


@given(texts=st.lists(st.text(max_size=30), max_size=12))
def test_texts_of_any_script_and_length_never_fail(texts: list[str]) -> None:
    """Short ones, empty ones and lone surrogates too; a reported pair is one."""
    normals = [normal(text) for text in texts]
    for pair in near_pairs(normals, 0.5):
        assert jaccard(normals[pair.first], normals[pair.second]) >= 0.5


@pytest.mark.parametrize("text", ["", "abcd"])
def test_what_has_no_shingles_is_near_nothing(text: str) -> None:
    """Equality is all that short texts have."""
    assert list(near_pairs([text, text, "abcdefghijklmnop", "abcdefghijklmnopq"], 0.5)) == [
        Pair(2, 3, 12 / 13)
    ]


def test_a_thousand_copies_of_a_form_take_no_square() -> None:
    """Each is compared with some of the others, so the number of pairs is bounded."""
    texts = [f"dear customer, your parcel number {number} is on its way to you now" for number in range(1000)]
    assert 900 < len(list(near_pairs(texts, 0.8))) <= 20 * COMPARED_WITH * 1000
