"""What the prompts of a run said, kept with the run, and beside those of another version."""

import json
import sqlite3
from contextlib import closing

from prompteval.analysis.comparison.options import CompareOptions
from prompteval.engine.compare.compare import comparison
from prompteval.engine.compare.sides import Side
from prompteval.engine.progress import Progress
from prompteval.engine.stored import stored_view
from prompteval.plan.prompt_contents import MOST_CHARACTERS
from prompteval.plan.run_options import RunOptions
from prompteval.report.page.comparison import comparison_json
from prompteval.report.page.document import run_json
from prompteval.report.prompt_text import prompt_text
from tests.small_workspace import PROMPT, Place, place

__all__ = ["place"]
POLITE = PROMPT.replace(
    "messages=[", 'params={"temperature": 0.5}, messages=[system("Be polite."), '
).replace("import Prompt, user", "import Prompt, system, user")


def drawn_of(place: Place, run_id: str) -> dict[str, object]:
    """What the page of a run draws of its first result."""
    document: dict[str, object] = run_json(stored_view(place.workspace, run_id))
    return dict(document["sections"][0]["drawn"])  # type: ignore[index]


def test_a_page_has_the_prompt_and_the_version_before(place: Place) -> None:
    """As they were when it ran: what the files say later changes no page of a run."""
    first = place.run().run_id
    place.write("prompts/say/v2.py", POLITE)
    second = place.run().run_id
    place.write("prompts/say/v2.py", PROMPT)
    assert set(drawn_of(place, first)) == {"result", "prompt"}
    drawn = drawn_of(place, second)
    own, before = (dict(drawn[side]["parts"]) for side in ("prompt", "before"))  # type: ignore[index]
    assert own["messages"] == "system:\nBe polite.\n\nuser:\n{{ message }}"
    assert before["messages"] == "user:\n{{ message }}" and "parameters" not in before
    assert (
        json.loads(own["parameters"]) == {"temperature": 0.5}
        and own["input schema"] == before["input schema"]
    )


def test_a_comparison_has_the_prompts_of_both_sides(place: Place) -> None:
    """Also of one version that was edited; a run from before they were kept has none, and is compared."""
    first = place.run().run_id
    place.write("prompts/say/v1.py", POLITE)
    second = place.run().run_id
    sides = Side("run", first), Side("run", second)
    with comparison(place.workspace, *sides, CompareOptions(), RunOptions(), Progress()) as view:
        drawn = comparison_json(view)["sections"][0]["drawn"]  # type: ignore[index]
    assert (drawn["before"]["name"], drawn["prompt"]["name"]) == ("say@v1", "say@v1")
    assert drawn["before"]["parts"][0] == ["messages", "user:\n{{ message }}"]
    assert drawn["prompt"]["parts"][0][1].startswith("system:\nBe polite.")


def test_a_very_long_prompt_is_not_kept(place: Place) -> None:
    """The run is, and its page has no prompt."""
    place.write("prompts/say/v1.py", PROMPT.replace("{{ message }}", "{{ message }}" + "x" * MOST_CHARACTERS))
    assert set(drawn_of(place, place.run().run_id)) == {"result"}


def test_runs_from_before_are_read(place: Place) -> None:
    """Without a hash, as they were stored then, and without what their prompts said."""
    run_id = place.run().run_id
    with closing(sqlite3.connect(place.root / ".prompteval/results.sqlite")) as store, store:
        (text,) = store.execute("SELECT manifest FROM runs").fetchone()
        manifest = json.loads(text)
        del manifest["suites"]["s"]["prompts"]
        store.execute("UPDATE runs SET manifest = ?, hash = 'none', contents = NULL", (json.dumps(manifest),))
    assert set(drawn_of(place, run_id)) == {"result"}


def test_every_part_of_a_prompt_has_a_text() -> None:
    """Files that are included, the pinned model, tools and the retrieval; what is empty has none."""
    content = {
        "messages": [["system", "{% include 'a.md' %}"], ["history", "turns"]], "files": {"a.md": "Be kind."},
        "inputs": {"type": "object"}, "output": None, "params": {}, "model": "openai/x",
        "tools": [{"name": "refund"}], "rag": {"k": 3},
    }  # fmt: skip
    found = prompt_text("p@v1", content)
    assert [title for title, _ in found.parts] == [
        "messages",
        "file a.md",
        "model",
        "input schema",
        "tools",
        "retrieval",
    ]
    assert dict(found.parts)["file a.md"] == "Be kind." and '"k": 3' in dict(found.parts)["retrieval"]
