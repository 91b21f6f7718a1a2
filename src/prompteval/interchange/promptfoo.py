"""promptfoo: a configuration (YAML, with tests in CSV or JSON lines) or the results that `eval -o` writes."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem
from prompteval.interchange.imported import Imported, ImportedPrompt, ImportedSuite, Json, Record
from prompteval.interchange.javascript_regex import python_regex
from prompteval.interchange.records import Ids, chat_messages, complete, suite_name, variable
from prompteval.interchange.source import read_json, read_records, read_rows, read_text, read_yaml
from prompteval.workspace.yaml12 import YamlDocument

DECIDED = frozenset({
    "equals", "contains", "icontains", "contains-all", "icontains-all", "contains-any", "icontains-any",
    "starts-with", "regex", "is-json", "contains-json",
})  # fmt: skip
_CONFIG = frozenset(
    {"description", "prompts", "providers", "targets", "tests", "defaultTest", "$schema", "tags"}
)
_TEST = frozenset({"vars", "assert", "description", "metadata", "threshold"})
_VARIABLE = re.compile(r"\{\{-?\s*([A-Za-z_][\w]*)\s*-?\}\}")


def read(path: Path) -> Imported:
    """A suite for each prompt of a configuration; of results, for each prompt and provider."""
    if path.suffix.lower() == ".json":
        whole = read_json(path)
        if isinstance(whole, Mapping) and isinstance(whole.get("results"), Mapping):
            return _Results(path, whole).read()
    return _Configuration(path, read_yaml(path)).read()


class _Tests:
    """What configurations and results share: assertions, which one function of the workspace decides."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.imported = Imported(str(path))

    def assertions(self, given: Json, line: int) -> list[Record]:
        """The assertions that text alone decides; the others are losses."""
        found: list[Record] = []
        if given is not None and not isinstance(given, list):
            self.imported.lose(line, "'assert' is not a list, and is not carried over")
        for one in given if isinstance(given, list) else []:
            kind = str(one.get("type")) if isinstance(one, Mapping) else ""
            if not isinstance(one, Mapping) or kind.removeprefix("not-") not in DECIDED:
                self.imported.lose(
                    line, f"assertion {kind!r} is not carried over", "write a scorer or a judge for it"
                )
                continue
            value = one.get("value")
            if isinstance(value, str) and (value.startswith("file://") or "{{" in value):
                self.imported.lose(line, f"assertion {kind!r}: its value is made while promptfoo runs")
                continue
            if kind.removeprefix("not-") == "is-json" and value is not None:
                self.imported.lose(line, "assertion 'is-json': its schema is not carried over; JSON is")
                value = None
            if kind.removeprefix("not-") == "regex":
                try:
                    value = python_regex(str(value))
                except ValueError as error:
                    self.imported.lose(line, f"assertion {kind!r} is not carried over: {error}")
                    continue
            for key in one.keys() - {"type", "value", "metric"}:
                self.imported.lose(line, f"{key!r} of assertion {kind!r} is not carried over")
            found.append({"type": kind, **({"value": value} if value is not None else {})})
        return found

    def add_checks(self, suite: ImportedSuite, by_case: Mapping[str, list[Record]]) -> None:
        """The module that decides them, and the assertions of each case."""
        if not any(by_case.values()):
            return
        source = (
            files("prompteval.interchange").joinpath("promptfoo_checks.py.txt").read_text(encoding="utf-8")
        )
        suite.files[f"evals/{suite.name}_checks.py"] = source.replace("@NAME@", suite.name)
        rows = {case: found for case, found in by_case.items() if found}
        suite.files[f"evals/{suite.name}_assertions.json"] = (
            json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
        )
        suite.scorers = [{"python": {"function": f"evals.{suite.name}_checks:check", "name": "assertions"}}]
        suite.metrics = ["all_pass"]


class _Configuration(_Tests):
    """A configuration file."""

    def __init__(self, path: Path, document: YamlDocument) -> None:
        super().__init__(path)
        if not isinstance(document.value, dict) or "prompts" not in document.value:
            raise InvalidInput(
                [Problem(str(path), 1, 1, "PI100", "no key 'prompts'", "name a configuration of promptfoo")]
            )
        self._document = document
        self._config: Record = document.value

    def _line(self, *pointer: str | int) -> int:
        return self._document.place(pointer)[0]

    def read(self) -> Imported:
        for key in self._config.keys() - _CONFIG:
            self.imported.lose(self._line(key), f"key {key!r} is not carried over")
        default = self._config.get("defaultTest")
        if default is not None and not isinstance(default, Mapping):
            self.imported.lose(self._line("defaultTest"), "defaultTest of another file is not carried over")
        default = default if isinstance(default, Mapping) else {}
        for key in default.keys() - {"vars", "assert"}:
            self.imported.lose(self._line("defaultTest"), f"{key!r} of defaultTest is not carried over")
        models = self._models()
        tests = list(self._tests())
        prompts = self._config["prompts"]
        for number, given in enumerate(prompts if isinstance(prompts, list) else [prompts]):
            messages = self._messages(given, self._line("prompts"))
            if messages is not None:
                self._suite(number, messages, models, tests, default)
        return self.imported.finish()

    def _suite(
        self,
        number: int,
        messages: list[tuple[str, str]],
        models: list[str],
        tests: list[tuple[int, Record]],
        default: Mapping[str, Json],
    ) -> None:
        base = suite_name(self.path.name.partition(".")[0].removesuffix("config"), "promptfoo")
        suite = ImportedSuite(base if number == 0 else f"{base}_{number + 1}", models=models)
        suite.description = str(self._config.get("description") or "")
        renamed = {name: variable(name) for name in _names(messages)}
        ids, places, by_case = Ids(self.imported), {}, {}
        general = default.get("vars")
        for line, test in tests:
            given = test.get("vars")
            values = {
                **(general if isinstance(general, Mapping) else {}),
                **(given if isinstance(given, Mapping) else {}),
            }
            case: Record = {"id": ids.take(None, line)}
            case_id = str(case["id"])
            places[case_id] = line
            case["inputs"] = self._values(values, renamed, line, first=number == 0)
            if isinstance(test.get("description"), str):
                case["tags"] = {"description": test["description"]}
            assertions = [*_list(default.get("assert")), *_list(test.get("assert"))]
            by_case[case_id] = (
                self.assertions(assertions, line) if number == 0 else _quietly(self, assertions)
            )
            suite.cases.append(case)
        said = tuple(
            (role, _VARIABLE.sub(lambda m: f"{{{{ {renamed[m[1]]} }}}}", text)) for role, text in messages
        )
        suite.prompt = ImportedPrompt(said, tuple(renamed.values()), suite.description)
        self.add_checks(suite, by_case)
        complete(suite, self.imported, places)
        self.imported.suites.append(suite)

    def _values(
        self, values: Mapping[str, Json], renamed: Mapping[str, str], line: int, *, first: bool
    ) -> Record:
        """The inputs that the prompt has; a variable that it does not use is a loss, once."""
        found: Record = dict.fromkeys(renamed.values(), "")
        for key, value in values.items():
            if key not in renamed:
                if first:
                    self.imported.lose_key(line, f"vars.{key}")
            elif isinstance(value, list | dict) or (isinstance(value, str) and value.startswith("file://")):
                self.imported.lose(
                    line, f"variable {key!r} is a list, a mapping or a file", "write one case for each value"
                )
            else:
                found[renamed[key]] = value if isinstance(value, str) else json.dumps(value)
        return found

    def _models(self) -> list[str]:
        given = self._config.get("providers", self._config.get("targets"))
        found = []
        for one in given if isinstance(given, list) else [given] if given is not None else []:
            name = one if isinstance(one, str) else one.get("id") if isinstance(one, Mapping) else None
            parts = name.split(":") if isinstance(name, str) else [""]
            if parts[0] in ("openai", "anthropic") and len(parts) > 1:
                found.append(f"{parts[0]}/{parts[-1]}")
            else:
                line = self._line("providers" if "providers" in self._config else "targets")
                self.imported.lose(
                    line, f"provider {name!r} is not carried over", "name a model in the suite"
                )
            if isinstance(one, Mapping) and set(one) - {"id", "label"}:
                line = self._line("providers" if "providers" in self._config else "targets")
                self.imported.lose(
                    line, f"settings of provider {name!r} are not carried over", "set params in the prompt"
                )
        return found

    def _messages(self, given: Json, line: int) -> list[tuple[str, str]] | None:
        """The messages of a prompt: a text, a chat as JSON or YAML, or a file with one of them."""
        raw = given.get("raw", given.get("id")) if isinstance(given, Mapping) else given
        if isinstance(raw, str) and (
            raw.startswith("file://") or re.fullmatch(r"[\w./-]+\.(txt|json|md|j2)", raw)
        ):
            name = raw.removeprefix("file://")
            place = (self.path.parent / name).resolve()
            if (
                not place.is_relative_to(self.path.parent.resolve())
                or not place.is_file()
                or place.suffix == ".py"
            ):
                self.imported.lose(line, f"prompt {raw!r} is not a file of text below the configuration")
                return None
            raw = read_text(place)
        if not isinstance(raw, str):
            self.imported.lose(line, "a prompt that is neither text nor a file of text")
            return None
        try:
            chat = chat_messages(json.loads(raw))
        except (json.JSONDecodeError, RecursionError):
            chat = None
        messages = chat or [("user", raw)]
        if any(mark in text for _, text in messages for mark in ("{%", "{#", "|")) and "{%" in raw:
            self.imported.lose(
                line, "a template with statements: check that Jinja renders it as Nunjucks does"
            )
        return messages

    def _tests(self) -> Iterator[tuple[int, Record]]:
        given = self._config.get("tests")
        if isinstance(given, str):
            yield from self._test_file(given, self._line("tests"))
            return
        if given is not None and not isinstance(given, list):
            self.imported.lose(self._line("tests"), "'tests' is neither a list nor a file")
        for number, test in enumerate(given if isinstance(given, list) else []):
            line = self._line("tests", number)
            if isinstance(test, str):
                yield from self._test_file(test, line)
            elif isinstance(test, Mapping):
                for key in test.keys() - _TEST:
                    self.imported.lose(line, f"{key!r} of a test is not carried over")
                if "threshold" in test:
                    self.imported.lose(line, "'threshold' of a test: every assertion has to hold")
                for key, kind, name in (("vars", Mapping, "a mapping"), ("assert", list, "a list")):
                    if not isinstance(test.get(key, {} if key == "vars" else []), kind):
                        self.imported.lose(line, f"{key!r} is not {name}, and is not carried over")
                yield line, dict(test)
            else:
                self.imported.lose(line, "a test that is neither a mapping nor a file is not carried over")

    def _test_file(self, name: str, line: int) -> Iterator[tuple[int, Record]]:
        place = (self.path.parent / name.removeprefix("file://")).resolve()
        if not place.is_relative_to(self.path.parent.resolve()) or not place.is_file():
            self.imported.lose(line, f"tests {name!r} are not a file below the configuration")
            return
        if place.suffix.lower() == ".csv":
            for row in read_rows(place):
                yield row.number, _csv_test(row.value)
        elif place.suffix.lower() in (".jsonl", ".json"):
            yield from ((row.number, row.value) for row in read_records(place, "tests"))
        elif place.suffix.lower() in (".yaml", ".yml"):
            value = read_yaml(place).value
            for test in value if isinstance(value, list) else [value]:
                if isinstance(test, Mapping):
                    yield line, dict(test)
                else:
                    self.imported.lose(line, f"a test in {name!r} is not a mapping, and is not carried over")
        else:
            self.imported.lose(line, f"tests {name!r}: a program that makes them is not run")


class _Results(_Tests):
    """What `promptfoo eval -o results.json` wrote."""

    def __init__(self, path: Path, whole: Mapping[str, Json]) -> None:
        super().__init__(path)
        results = whole["results"]
        rows = results.get("results") if isinstance(results, Mapping) else None
        if not isinstance(rows, list):
            raise UsageError(f"{path} has no results.results", "name a file that `promptfoo eval -o` wrote")
        self._rows = rows

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
            variable(key): value if isinstance(value, str) else json.dumps(value)
            for key, value in values.items()
        }
        case: Record = {"id": case_id, "inputs": inputs}
        if isinstance(test.get("description"), str):
            case["tags"] = {"description": test["description"]}
        suite.cases.append(case)
        checks[case_id] = self.assertions(test.get("assert"), 0)
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
        if isinstance(row.get("latencyMs"), int | float):
            output["latency_ms"] = row["latencyMs"]
        suite.outputs.append(output)


def _csv_test(row: Record) -> Record:
    """A row of a CSV file: `__expected` is an assertion such as `contains:paid`; the rest are variables."""
    values = {key: value for key, value in row.items() if not key.startswith("__")}
    assertions: list[Json] = []
    for key, value in row.items():
        if re.fullmatch(r"__expected\d*", key) and isinstance(value, str) and value:
            kind, colon, rest = value.partition(":")
            if colon and kind.removeprefix("not-") in DECIDED:
                assertions.append({"type": kind, "value": rest.strip()})
            elif value.removeprefix("not-") in ("is-json", "contains-json"):
                assertions.append({"type": value})
            elif colon and re.fullmatch(r"[a-z][a-z-]+", kind):
                assertions.append({"type": kind, "value": rest})
            else:
                assertions.append({"type": "equals", "value": value})
    found: Record = {"vars": values, "assert": assertions}
    if row.get("__description"):
        found["description"] = row["__description"]
    return found


def _names(messages: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for _, text in messages for name in _VARIABLE.findall(text)))


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list) else []


def _quietly(tests: _Tests, assertions: list[Json]) -> list[Record]:
    """The assertions again, for another prompt: what they lose is listed already."""
    kept, tests.imported = tests.imported, Imported(str(tests.path))
    found = tests.assertions(assertions, 0)
    tests.imported = kept
    return found
