"""`judge rank`: versions in the order in which a judge of pairs prefers them."""

import json

import pytest

from tests.closed_schema import unmet
from tests.forks import shared
from tests.judging.judged_workspace import lines
from tests.judging.test_pairwise import pairs  # noqa: F401
from tests.small_workspace import PROMPT, Place

CASES = 12


@pytest.fixture
def versions(pairs: Place) -> Place:  # noqa: F811
    """Versions 2 and 3 beside version 1: the judge prefers 2 in nine cases of twelve, and 3 in four."""
    for number in (2, 3):
        pairs.write(
            f"prompts/say/v{number}.py", PROMPT.replace("{{ message }}", f"v{number} {{{{ message }}}}")
        )
    texts = [{"when": when, "text": "good"} for when in (r"v2 ([0-8])\Z", r"v3 ([0-3])\Z")]
    pairs.write("m.jsonl", lines([*texts, {"when": "v[23]", "text": "poor"}, {"when": "", "text": "fair"}]))
    order = {"good": ("first", "second"), "poor": ("second", "first")}
    rules = [
        {"when": f"{side}=[^=]*{word}", "output": {"reasons": "", "verdict": verdict[place]}}
        for word, verdict in order.items()
        for place, side in enumerate("AB")
    ]
    pairs.write("j.jsonl", lines(rules))
    return pairs


def test_versions_are_ranked_by_strength(versions: Place) -> None:
    """Log-odds beside the version that all are compared with, with intervals; in a table and as JSON."""
    assert shared().run(versions.root, "run", "s", "--prompt", "say@v2", "--prompt", "say@v3").code == 0
    body = json.loads(shared().run(versions.root, "judge", "rank", "last", "--json").stdout)
    assert unmet("judge-rank", body) == []
    assert [one["version"] for one in body["strengths"]] == ["say@v2", "say@v1", "say@v3"]
    assert [round(one["value"], 3) for one in body["strengths"]] == [
        1.099,
        0.0,
        -0.693,
    ]  # log 9/3, 0, log 4/8
    assert body["strengths"][0]["low"] < 1.099 < body["strengths"][0]["high"]
    assert (body["comparisons"], body["cases"], body["ties"]) == (2 * CASES, CASES, 0)
    shown = shared().run(versions.root, "judge", "rank", "last").stdout
    assert shown.index("say@v2") < shown.index("say@v3") and "intervals by case" in shown


def test_a_version_that_always_wins_has_no_strength(pairs: Place) -> None:  # noqa: F811
    """The sentence says why there is no order."""
    pairs.run()
    assert (
        "no order: a version wins or loses every comparison"
        in shared().run(pairs.root, "judge", "rank", "last").stdout
    )


def test_runs_without_pairs_are_refused(place: Place) -> None:
    """And so is a judge that is not there."""
    place.run()
    done = shared().run(place.root, "judge", "rank", "last")
    assert done.code == 2 and "no judge of pairs (add a `pairwise` scorer" in done.stderr
