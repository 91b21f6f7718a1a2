"""promptfoo: a configuration (YAML, with tests in CSV or JSON lines) or the results that `eval -o` writes."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.interchange.imported import Imported, ImportedPrompt, ImportedSuite, Json, Record
from prompteval.interchange.promptfoo_assertions import PromptfooTests, csv_test
from prompteval.interchange.promptfoo_results import PromptfooResults
from prompteval.interchange.records import Ids, chat_messages, complete, suite_name, variable
from prompteval.interchange.source import read_json, read_records, read_rows, read_text, read_yaml
from prompteval.workspace.yaml12 import YamlDocument

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
            return PromptfooResults(path, whole).read()
    return _Configuration(path, read_yaml(path)).read()


class _Configuration(PromptfooTests):
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
            read = self.assertions if number == 0 else self.assertions_again
            by_case[case_id] = read(assertions, line)
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
                yield row.number, csv_test(row.value)
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


def _names(messages: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for _, text in messages for name in _VARIABLE.findall(text)))


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list) else []
