"""Where a sentence ends, in many languages."""

import time

import pytest

from prompteval.core.sentences import split_sentences

# One text a row, its sentences parted by "|" (which stands for a space or nothing).
SPLIT = [
    "Paris is large.|It lies on the Seine.",
    "He lives in the U.S. now.|The capital of the U.S. Army base is Paris.",
    "He moved to the U.S.|The army stayed.",
    "It was Gen. Lee who saw Paris.|Dr. An Wang met Mr. In there.",
    "The U.N. Security Council met.|Mt. Valerien is near.",
    "J. A. Smith and Robert E. Lee came at 5 p.m.|Paris was asleep.",
    "See Fig. 3 and No. 5 of vol. 2.|He said no.|Then he left.",
    "Apples, pears, etc. are fruit.|We sell bikes, cars, etc.|They are new.",
    '"Why?" he asked.|"Stop!"|She ran.',
    "Version 3.5 is out.|It was founded in 1950.|Paris grew.",
    "Steps: 1. Open it.|2. Close it.",
    "Am 5. Mai 1950 war es Paris.|Sie spielten in der 1. Bundesliga.|Im 19. Jahrhundert z. B. Wien.",
    "Er kam u. a. nach Wien, d. h. spät.|»Ja, gut.«|Dann ging er.",
    "M. Dupont est arrivé.|« Bonjour. »|Il est parti vers 300 av. J.-C. dans le sud.",
    "¿Dónde está el Sr. García?|¡Aquí!|Vive en EE. UU. desde 1990.",
    "А. С. Пушкин родился в г. Москва в 1799 г.|Москва была городом и т. д.|Он писал стихи.",
    "Η Αθήνα είναι μεγάλη.|Πού είναι;|Εδώ.",
    "هذه باريس.|هل هي كبيرة؟|نعم.",
    "पेरिस राजधानी है।|यह बड़ा है।",
    "パリは首都です。|「はい。」と彼は言った。|大きい！",
    "巴黎是首都。|它很大！|真的吗？|是的。",
    "서울은 수도이다.|크다.",
    "Երևանը մայրաքաղաք է։|Այն մեծ է։",
    "အေ။|ဘီ။",
]


@pytest.mark.parametrize("row", SPLIT)
def test_sentences_of_many_languages(row: str) -> None:
    """Abbreviations, initials and ordinal numbers end none; the marks of each script do."""
    wanted = row.split("|")
    joined = row.replace("|", "" if wanted[0][-1] in "。！？" else " ")
    assert split_sentences(joined) == wanted


def test_each_list_item_is_a_sentence() -> None:
    """With or without an end mark; the list mark itself is none."""
    items = [
        "1. Paris is the capital",
        "2. Rome is not.",
        "10) yes",
        "- a dash",
        "* a star",
        "a) a letter",
        "(ii) x",
    ]
    assert split_sentences("\n".join(items)) == items
    assert split_sentences("A line that\nis wrapped.\n\nAnother") == ["A line that\nis wrapped.", "Another"]


@pytest.mark.parametrize(
    "part", [". ", ".", "1. ", "\n- ", "\n ", "U.S. ", "»", "(", "。", "; ", "Am 5. ", "α;"]
)
def test_splitting_takes_time_in_proportion_to_the_text(part: str) -> None:
    """Whatever is repeated (F-attack: quadratic splitting)."""
    started = time.perf_counter()
    split_sentences(part * (400_000 // len(part)))
    assert time.perf_counter() - started < 5
