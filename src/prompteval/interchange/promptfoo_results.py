"""The results that `promptfoo eval -o` writes."""

import json
from collections.abc import Mapping
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.interchange.imported import Imported, ImportedSuite, Json, Record
from prompteval.interchange.promptfoo_assertions import PlacesOfTest, PromptfooTests
from prompteval.interchange.records import InputNames, amount, complete, suite_name


class PromptfooResults(PromptfooTests):
    """What `promptfoo eval -o results.json` wrote."""

    def __init__(self, path: Path, whole: Mapping[str, Json]) -> None:
        super().__init__(path)
        results = whole["results"]
        rows = results.get("results") if isinstance(results, Mapping) else None
        if not isinstance(rows, list):
            raise UsageError(f"{path} has no results.results", "name a file that `promptfoo eval -o` wrote")
        self._rows = rows
        self._names = InputNames()

    def read(self) -> Imported:
        suites: dict[tuple[str, str], ImportedSuite] = {}
        checks: dict[str, dict[str, list[Record]]] = {}
        for number, row in enumerate(self._rows, 1):
            if not isinstance(row, Mapping):
                self.imported.lose(0, f"result {number} is not an object")
                continue
            provider = row.get("provider")
            model = str(provider.get("id") if isinstance(provider, Mapping) else provider or "recorded")
            prompt = row.get("prompt")
            raw = str(row.get("promptIdx", prompt.get("label") if isinstance(prompt, Mapping) else prompt))
            base = suite_name(self.path.name.partition(".")[0], "promptfoo")
            known = suites.setdefault(
                (raw, model), ImportedSuite(base if not suites else f"{base}_{len(suites) + 1}")
            )
            self._row(row, known, model, checks.setdefault(known.name, {}), number)
        for suite in suites.values():
            self.add_checks(suite, checks[suite.name])
            complete(suite, self.imported, {})
            self.imported.suites.append(suite)
        return self.imported.finish()

    def _row(
        self,
        row: Mapping[str, Json],
        suite: ImportedSuite,
        model: str,
        checks: dict[str, list[Record]],
        number: int,
    ) -> None:
        test = row.get("testCase")
        test = test if isinstance(test, Mapping) else {}
        values = row.get("vars", test.get("vars"))
        values = values if isinstance(values, Mapping) else {}
        index = row.get("testIdx", len(suite.cases))
        case_id = f"test-{index}" if f"test-{index}" not in checks else f"test-{index}-{number}"
        inputs = {
            self._names.of(key): value if isinstance(value, str) else json.dumps(value)
            for key, value in values.items()
        }
        case: Record = {"id": case_id, "inputs": inputs}
        if isinstance(test.get("description"), str):
            case["tags"] = {"description": test["description"]}
        suite.cases.append(case)
        checks[case_id] = self.assertions(test.get("assert"), PlacesOfTest(0))
        response = row.get("response")
        response = response if isinstance(response, Mapping) else {}
        output: Record = {"id": case_id, "model": model}
        given, error = response.get("output"), row.get("error", response.get("error"))
        if given is not None:
            output["output"] = given
        elif error:
            output["error"] = str(error)
        else:
            return
        if (took := amount(row.get("latencyMs"))) is not None:
            output["latency_ms"] = took
        suite.outputs.append(output)
