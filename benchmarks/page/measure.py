"""How large the page of a run is, and how soon it can be used.

    python benchmarks/page/measure.py 1000 20000 100000

For each number of cases (of about 1 kB, one in ten failing): the time to write the page and its size;
then in headless Chromium, from a file, the time to the first paint, to the whole list, to a list that is
filtered by a text, the longest task over 50 ms while the list is scrolled from end to end (the median of
five turns, and the longest of all), what the page itself computes for one step of that scroll, and the heap.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import CDPSession, Page, sync_playwright

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Row, Score
from prompteval.core.verdict import Estimate, GateResult, Verdict
from prompteval.report.page.run import render
from prompteval.report.result_view import ResultView
from prompteval.report.view import RunView

WORDS = [
    "invoice",
    "refund",
    "delivery",
    "account",
    "password",
    "bicycle",
    "order",
    "charge",
    "cancel",
    "address",
    "warranty",
    "repair",
]
COUNTS = "requests attempts cached replayed prompt_tokens cached_tokens completion_tokens"
USAGE = dict.fromkeys(COUNTS.split(), 0)


def row(number: int) -> Row:
    """A case of about 1 kB."""
    text = " ".join(
        WORDS[(number * 7 + step * step) % len(WORDS)] + str((number * 31 + step) % 97) for step in range(60)
    )
    case = Case(
        f"case-{number:06}",
        {"message": text},
        {"intent": "billing"},
        tags={"language": ("en", "de")[number % 2]},
    )
    right = number % 10 > 0
    output = {"intent": "billing" if right else "general"}
    score = Score("exact", float(right), labels=("billing", output["intent"]), passed=right)
    sent = ({"role": "system", "content": "Which intent has the message?"}, {"role": "user", "content": text})
    seen = Observation("ok", output=output, text=str(output), latency_ms=float(number % 900), sent=sent)
    return Row("r", "support", "classify@v1", "sha256:0", "model", case, 0, seen, (score,))


def view(count: int) -> RunView:
    result = ResultView(
        "support", "classify@v1", "sha256:0", "model",
        {"total": count, "scored": count, "errors": 0, "invalid": 0, "skipped": 0},
        {"accuracy": Estimate("accuracy", 0.9, 0.89, 0.91, count)}, {}, {},
        (GateResult("accuracy >= 0.85", Verdict.PASS, 0.9),),
        {**USAGE, "requests": count, "cost_usd": None}, {"wall_s": 1.0, "latency_ms": {}},
    )  # fmt: skip
    return RunView("r", Verdict.PASS, 0, "all gates pass", (result,), lambda: map(row, range(count)))


TURNS, STEPS = 5, 60
LONGEST = """async () => {
  let longest = 0;
  const observer = new PerformanceObserver((list) => {
    for (const one of list.getEntries()) longest = Math.max(longest, one.duration);
  });
  observer.observe({ type: "longtask" });
  const grid = document.querySelector(".matrix");
  for (let step = 1; step <= 60; step += 1) {
    grid.scrollTop = (grid.scrollHeight * step) / 60;
    await new Promise(requestAnimationFrame);
  }
  await new Promise((done) => setTimeout(done, 300));
  return longest;
}"""


def computed(session: CDPSession) -> float:
    """Seconds that the page has spent in script, style and layout, as Chromium counts them."""
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return sum(found[f"{kind}Duration"] for kind in ("Script", "RecalcStyle", "Layout"))


def look(page: Page, file: Path) -> dict[str, float]:
    """Milliseconds of each step, and the heap in MB."""
    began = time.perf_counter()
    page.goto(f"{file.as_uri()}#/cases", wait_until="commit", timeout=120_000)
    page.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
    listed = time.perf_counter() - began
    paint = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1")
    before = page.get_by_role("status").inner_text()
    began = time.perf_counter()
    page.evaluate("() => { location.hash = '#/cases?text=warranty7&verdict=fail'; }")
    page.wait_for_function(
        "before => document.querySelector('[role=status]').textContent !== before", arg=before
    )
    filtered = time.perf_counter() - began
    page.evaluate("() => { location.hash = '#/cases'; }")
    page.wait_for_function(
        "before => document.querySelector('[role=status]').textContent === before", arg=before
    )
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    turns, before_turns = [], computed(session)
    for _ in range(TURNS):
        turns.append(page.evaluate(LONGEST))
    step = (computed(session) - before_turns) / (TURNS * STEPS)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    return {
        "paint_ms": paint,
        "list_ms": 1e3 * listed,
        "filter_ms": 1e3 * filtered,
        "task_ms": median(turns),
        "worst_ms": max(turns),
        "step_ms": 1e3 * step,
        "heap_mb": heap,
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        print(
            "| cases | written in | file | first paint | whole list | filtered | task (worst) | step | heap |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
        for count in map(int, sys.argv[1:] or ("1000",)):
            file = Path(folder) / f"{count}.html"
            began = time.perf_counter()
            with file.open("w", encoding="utf-8") as out:
                out.writelines(render(view(count)))
            written = time.perf_counter() - began
            found = look(browser.new_context(bypass_csp=True).new_page(), file)
            cells = [f"{count:,}", f"{written:.1f} s", f"{file.stat().st_size / 1e6:.1f} MB"]
            cells += [f"{found[name]:,.0f} ms" for name in ("paint_ms", "list_ms", "filter_ms")]
            cells += [f"{found['task_ms']:.0f} ({found['worst_ms']:.0f}) ms", f"{found['step_ms']:.1f} ms"]
            print("|", " | ".join([*cells, f"{found['heap_mb']:.0f} MB"]), "|", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
