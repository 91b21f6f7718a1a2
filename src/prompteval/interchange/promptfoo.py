"""promptfoo: a configuration (YAML, with tests in CSV or JSON lines) or the results that `eval -o` writes."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.interchange.imported import Imported, ImportedPrompt, ImportedSuite, Json, Record
from prompteval.interchange.nunjucks import rename_variables, template_variables
from prompteval.interchange.promptfoo_assertions import PlacesOfTest, PromptfooTests, csv_test
from prompteval.interchange.promptfoo_results import PromptfooResults
from prompteval.interchange.records import Ids, InputNames, chat_messages, complete, suite_name
from prompteval.interchange.source import read_json, read_records, read_rows, read_text, read_yaml
from prompteval.workspace.yaml12 import YamlDocument

_CONFIG = frozenset(
    {"description", "prompts", "providers", "targets", "tests", "defaultTest", "$schema", "tags"}
)
_TEST = frozenset({"vars", "assert", "description", "metadata", "threshold"})
_SEPARATOR = re.compile(r"^---[ \t]*$", re.MULTILINE)
Message = tuple[str, str]  # role and template
Variables = Mapping[str, str]  # name in the configuration: name of the input


@dataclass(frozen=True, slots=True)
class _Defaults:
    """What `defaultTest` adds to each test."""

    values: Mapping[str, Json]
    assertions: Sequence[Record]


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

    def _places(self, *pointer: str | int) -> PlacesOfTest:
        return _places(self._document, pointer)

    def read(self) -> Imported:
        for key in sorted(map(str, self._config.keys() - _CONFIG)):
            self.imported.lose(self._line(key), f"key {key!r} is not carried over")
        default = self._config.get("defaultTest")
        if default is not None and not isinstance(default, Mapping):
            self.imported.lose(self._line("defaultTest"), "defaultTest of another file is not carried over")
        default = default if isinstance(default, Mapping) else {}
        for key in sorted(map(str, default.keys() - {"vars", "assert"})):
            self.imported.lose(self._line("defaultTest"), f"{key!r} of defaultTest is not carried over")
        models = self._models()
        tests = list(self._tests())
        general = default.get("vars")
        base = _Defaults(
            general if isinstance(general, Mapping) else {},
            self.assertions(
                default.get("assert"), self._places("defaultTest") if default else PlacesOfTest(0)
            ),
        )
        for messages in self._prompts():
            self._suite(messages, models, tests, base)
        return self.imported.finish()

    def _prompts(self) -> Iterator[tuple[list[Message], Variables]]:
        """The messages of each prompt that is carried over, with the names of its variables."""
        prompts = self._config["prompts"]
        for number, given in enumerate(prompts if isinstance(prompts, list) else [prompts]):
            line = self._line("prompts", number) if isinstance(prompts, list) else self._line("prompts")
            for raw in self._texts(given, line):
                messages = _messages(raw)
                try:
                    variables = {name for _, text in messages for name in template_variables(text)}
                except ValueError as error:
                    help = "write its messages in prompts/<name>/v1.py"
                    self.imported.lose(line, f"a prompt is not carried over: {error}", help)
                    continue
                if "{%" in raw:
                    what = "a template with statements: check that Jinja renders it as Nunjucks does"
                    self.imported.lose(line, what)
                names = InputNames()
                in_order = sorted(variables, key=lambda name: (raw.find(name), name))
                yield messages, {name: names.of(name) for name in in_order}

    def _suite(
        self,
        prompt: tuple[list[Message], Variables],
        models: list[str],
        tests: list[tuple[PlacesOfTest, Record]],
        default: _Defaults,
    ) -> None:
        (messages, renamed), number = prompt, len(self.imported.suites)
        base = suite_name(self.path.name.partition(".")[0].removesuffix("config"), "promptfoo")
        suite = ImportedSuite(base if number == 0 else f"{base}_{number + 1}", models=models)
        suite.description = str(self._config.get("description") or "")
        ids, lines, by_case = Ids(self.imported), {}, {}
        for places, test in tests:
            given = test.get("vars")
            values = {**default.values, **(given if isinstance(given, Mapping) else {})}
            case: Record = {"id": ids.take(None, places.line)}
            case_id = str(case["id"])
            lines[case_id] = places.line
            case["inputs"] = self._values(values, renamed, places, first=number == 0)
            if isinstance(test.get("description"), str):
                case["tags"] = {"description": test["description"]}
            read = self.assertions if number == 0 else self.assertions_again
            by_case[case_id] = [*default.assertions, *read(_list(test.get("assert")), places)]
            suite.cases.append(case)
        said = tuple((role, rename_variables(text, renamed)) for role, text in messages)
        suite.prompt = ImportedPrompt(said, tuple(renamed.values()), suite.description)
        self.add_checks(suite, by_case)
        complete(suite, self.imported, lines)
        self.imported.suites.append(suite)

    def _values(
        self, values: Mapping[str, Json], renamed: Variables, places: PlacesOfTest, *, first: bool
    ) -> Record:
        """The inputs that the prompt has; a variable that it does not use is a loss, once."""
        found: Record = dict.fromkeys(renamed.values(), "")
        for key, value in values.items():
            if key not in renamed:
                if first:
                    self.imported.lose_key(places.line, f"vars.{key}", places.path)
            elif isinstance(value, list | dict) or (isinstance(value, str) and value.startswith("file://")):
                what = f"variable {key!r} is a list, a mapping or a file"
                places.lose(self.imported, what, "write one case for each value")
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

    def _texts(self, given: Json, line: int) -> list[str]:
        """The texts of an entry of `prompts`: itself, or those of a file, in `.txt` between lines `---`."""
        raw = given.get("raw", given.get("id")) if isinstance(given, Mapping) else given
        if not isinstance(raw, str):
            self.imported.lose(line, "a prompt that is neither text nor a file of text")
            return []
        if not (raw.startswith("file://") or re.fullmatch(r"[\w./-]+\.(txt|json|md|j2)", raw)):
            return [raw]
        place = (self.path.parent / raw.removeprefix("file://")).resolve()
        inside = place.is_relative_to(self.path.parent.resolve())
        if not inside or not place.is_file() or place.suffix == ".py":
            self.imported.lose(line, f"prompt {raw!r} is not a file of text below the configuration")
            return []
        text = read_text(place)
        parts = map(str.strip, _SEPARATOR.split(text)) if place.suffix == ".txt" else [text]
        return [part for part in parts if part]

    def _tests(self) -> Iterator[tuple[PlacesOfTest, Record]]:
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
                for key in sorted(map(str, test.keys() - _TEST)):
                    self.imported.lose(line, f"{key!r} of a test is not carried over")
                if "threshold" in test:
                    self.imported.lose(line, "'threshold' of a test: every assertion has to hold")
                for key, kind, name in (("vars", Mapping, "a mapping"), ("assert", list, "a list")):
                    if not isinstance(test.get(key, {} if key == "vars" else []), kind):
                        self.imported.lose(line, f"{key!r} is not {name}, and is not carried over")
                yield self._places("tests", number), dict(test)
            else:
                self.imported.lose(line, "a test that is neither a mapping nor a file is not carried over")

    def _test_file(self, name: str, line: int) -> Iterator[tuple[PlacesOfTest, Record]]:
        shown = self.path.parent / name.removeprefix("file://")
        place = shown.resolve()
        if not place.is_relative_to(self.path.parent.resolve()) or not place.is_file():
            self.imported.lose(line, f"tests {name!r} are not a file below the configuration")
            return
        if place.suffix.lower() == ".csv":
            for row in read_rows(place):
                yield PlacesOfTest(row.number, path=str(shown)), csv_test(row.value)
        elif place.suffix.lower() in (".jsonl", ".json"):
            for row in read_records(place, "tests"):
                yield PlacesOfTest(row.number, path=str(shown)), row.value
        elif place.suffix.lower() in (".yaml", ".yml"):
            document = read_yaml(place)
            value = document.value
            for number, test in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(test, Mapping):
                    pointer = (number,) if isinstance(value, list) else ()
                    yield replace(_places(document, pointer), path=str(shown)), dict(test)
                else:
                    self.imported.lose(line, f"a test in {name!r} is not a mapping, and is not carried over")
        else:
            self.imported.lose(line, f"tests {name!r}: a program that makes them is not run")


def _messages(raw: str) -> list[Message]:
    """The messages of a prompt: those of a chat in JSON, or one of the user."""
    try:
        chat = chat_messages(json.loads(raw))
    except (json.JSONDecodeError, RecursionError):
        chat = None
    return chat or [("user", raw)]


def _places(document: YamlDocument, pointer: tuple[str | int, ...]) -> PlacesOfTest:
    """Where a test of a YAML file and its assertions are."""
    test = document.value
    for part in pointer:
        test = test[part]
    count = len(_list(test.get("assert"))) if isinstance(test, Mapping) else 0
    lines = [document.place((*pointer, "assert", number))[0] for number in range(count)]
    return PlacesOfTest(document.place(pointer)[0], lines)


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list) else []
