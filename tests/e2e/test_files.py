"""Suites whose cases have images and documents, over sockets: run, cache, replay, compare and what is stored."""

import json
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

import pytest

from prompteval import File
from tests.e2e.conftest import Workspace
from tests.e2e.image_suite import APIS, BLUE, PROMPT, RED, colours, contents, sees
from tests.e2e.image_suite import empty as empty
from tests.e2e.image_suite import offline as offline
from tests.hostile import Asked, Hostile
from tests.media_files import data_url, png


@pytest.mark.parametrize("name", APIS)
def test_a_suite_of_images_from_check_to_replay(name: str, empty: Workspace) -> None:
    """Each API is sent the images; the cache, a recording and its replay know them by their hashes alone."""
    api = APIS[name]
    with Hostile(sees(api)) as server:
        colours(empty, api, server.url)
        empty.run("check", code=0)
        first = empty.run_json("colour", "--record", "evals/rec.jsonl", "-o", "rows.jsonl", "-o", "page.html")
        again = empty.run_json("colour")
        assert len(server.asked) == 2
    replayed = empty.run_json("colour", "--replay", "evals/rec.jsonl", "--offline")
    for run, served in ((first, "attempts"), (again, "cached"), (replayed, "replayed")):
        (result,) = run["results"]
        assert (result["metrics"]["accuracy"]["value"], result["usage"][served]) == (1.0, 2)
    stored = contents(empty.root)
    held = [
        path for path, data in stored.items() if b64encode(RED)[:60] in data or b64encode(BLUE)[:60] in data
    ]
    assert held in ([], ["page.html"])
    rows = map(json.loads, (empty.root / "rows.jsonl").read_text().splitlines())
    photos = {row["case_id"]: row["inputs"]["photo"] for row in rows}
    assert photos == {"red": File.from_bytes(RED).value, "blue": File.from_bytes(BLUE).value}
    named = {path for path, data in stored.items() if b"images/red.png" in data}
    assert "page.html" in named
    assert named - {"page.html"} <= {f".prompteval/results.sqlite{part}" for part in ("", "-wal", "-shm")}


def test_a_case_and_the_page_show_kind_size_and_a_small_image(offline: Workspace) -> None:
    """The image itself in the page alone, up to a bound; a page of a stored run has it too."""
    noisy = png(noise=70_000)
    (offline.root / "datasets/images/red.png").write_bytes(noisy)
    offline.run("run", "colour", "-o", "page.html", code=0)
    shown = offline.run("show", "last", "--case", "blue").stdout
    assert f"photo  a PNG image, {len(BLUE)} bytes, sha256 {File.from_bytes(BLUE).sha256[:12]}" in shown
    red = f"images/red.png, a PNG image, {len(noisy):,} bytes, sha256 {File.from_bytes(noisy).sha256[:12]}"
    assert f"photo  {red}" in offline.run("show", "last", "--case", "red").stdout
    assert "[a PNG image, 73 bytes" in shown
    offline.run("report", "last", "-o", "again.html", code=0)
    for page in ("page.html", "again.html"):
        text = (offline.root / page).read_text()
        assert f'"images":["{data_url(BLUE, "image/png")}"]' in text
        assert text.count(";base64,iVBOR") == 1
        assert red in text
    kept = offline.root / ".prompteval/thumbnails" / File.from_bytes(BLUE).sha256
    assert (kept.read_bytes(), oct(kept.stat().st_mode)[-3:]) == (BLUE, "600")


def test_s33_a_thumbnail_of_another_content_is_not_shown(offline: Workspace) -> None:
    """A file under the name of a hash that it does not have, and one that leads out, are left out."""
    offline.run("run", "colour", code=0)
    kept = offline.root / ".prompteval/thumbnails"
    (kept / File.from_bytes(BLUE).sha256).write_bytes(png(rgb=(9, 9, 9)))
    red = kept / File.from_bytes(RED).sha256
    red.unlink()
    red.symlink_to(offline.root / "datasets/images/red.png")
    offline.run("report", "last", "-o", "page.html", code=0)
    assert "base64,iVBOR" not in (offline.root / "page.html").read_text()


def test_a_recording_says_which_file_changed(offline: Workspace) -> None:
    """A replay reads the file at hand, and never answers for another one."""
    offline.run("run", "colour", "--record", "rec.jsonl", code=0)
    (offline.root / "datasets/images/red.png").write_bytes(png(rgb=(1, 2, 3)))
    done = offline.run("run", "colour", "--replay", "rec.jsonl", "--no-cache", code=3)
    assert "1 error," in done.stderr and "1 error " in done.stdout
    shown = offline.run("show", "last", "--case", "red").stdout
    old, new = (File.from_bytes(data).sha256[:12] for data in (RED, png(rgb=(1, 2, 3))))
    assert (
        f"rec.jsonl is stale: datasets/images/red.png changed since it was recorded: image/png, sha256 {old}"
        in shown
    )
    assert f"is now image/png, {new}" in shown
    assert "verdict   error: rec.jsonl" in shown and "replay, 1 attempt" in shown


def test_a_file_that_changes_during_the_run_is_an_error_of_its_case(empty: Workspace) -> None:
    """What was checked is sent, or nothing; the other case is answered."""
    first = []

    def made(asked: Asked) -> Iterable[bytes]:
        if not first:
            first.append(asked)
            (empty.root / "datasets/images/red.png").unlink()
        return sees(APIS["chat"])(asked)

    with Hostile(made) as server:
        colours(empty, APIS["chat"], server.url)
        lines = (empty.root / "datasets/colour.jsonl").read_text().splitlines()
        empty.write("datasets/colour.jsonl", "\n".join(reversed(lines)) + "\n")
        empty.run("run", "colour", "-j", "1", code=3)
    assert len(server.asked) == 1
    shown = empty.run("show", "last", "--case", "red").stdout
    assert "datasets/images/red.png cannot be read any more: no such file" in shown


def test_the_same_case_elsewhere_is_the_same_case(offline: Workspace, tmp_path: Path) -> None:
    """A file under another name in another directory: keys, rows and the fingerprint of the cases are equal."""
    offline.run("run", "colour", "--record", "one.jsonl", "-o", "one.rows.jsonl", code=0)
    images = offline.root / "datasets/images"
    images.rename(offline.root / "datasets/pictures")
    (offline.root / "datasets/pictures/red.png").rename(offline.root / "datasets/pictures/other.jpg")
    cases = (
        (offline.root / "datasets/colour.jsonl").read_text().replace("images/red.png", "pictures/other.jpg")
    )
    offline.write("datasets/colour.jsonl", cases)
    offline.run("run", "colour", "--record", "two.jsonl", code=0)
    keys = [
        [json.loads(line)["key"] for line in (offline.root / name).read_text().splitlines()]
        for name in ("one.jsonl", "two.jsonl")
    ]
    assert keys[0] == keys[1]
    one, two = (run["run_id"] for run in json.loads(offline.run("runs", "--json").stdout))
    (result,) = json.loads(offline.run("compare", one, two, "--json", code=0).stdout)["results"]
    assert (result["changed_cases"], result["paired"]) == ([], 2)


def test_the_page_has_the_prompt_with_its_files(offline: Workspace) -> None:
    """The input that a message shows stands between its texts."""
    offline.run("run", "colour", "-o", "page.html", code=0)
    page = (offline.root / "page.html").read_text()
    assert "user:\\nWhich?[input photo]" in page


def test_tokens_are_an_estimate_only_where_files_are_counted(empty: Workspace) -> None:
    """A suite of texts after one of images, for a model whose tokens are counted exactly."""
    colours(empty, APIS["chat"], "http://127.0.0.1:9/v1")
    settings = (empty.root / "prompteval.toml").read_text()
    empty.write("prompteval.toml", settings.replace('"m"', '"gpt-4o"'))
    shown = '"Which?", file("{{ photo }}")'
    prompt = PROMPT.replace("photo: File", "photo: str").replace(shown, '"{{ photo }}"')
    empty.write("prompts/words/v1.py", prompt)
    empty.write("evals/words.yaml", "prompt: words\ncases: ../datasets/words.jsonl\nmodels: [seen]\n")
    empty.write("datasets/words.jsonl", '{"id": "a", "inputs": {"photo": "a red ball"}}\n')
    entries = json.loads(empty.run("run", "colour", "words", "--dry-run", "--json", code=0).stdout)["entries"]
    assert [(one["suite"], one["estimated"]) for one in entries] == [("colour", True), ("words", False)]


def test_images_go_with_the_runs_that_are_removed(offline: Workspace) -> None:
    """The next run keeps them again."""
    kept = offline.root / ".prompteval/thumbnails"
    for _ in range(2):
        offline.run("run", "colour", "--no-cache", code=0)
        assert len(list(kept.iterdir())) == 2
        offline.run("runs", "rm", "last", code=0)
        assert not kept.exists()
