"""An import as a workspace: settings, prompts, cases, suites and outputs, in a new directory."""

import json
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.interchange.imported import Imported, ImportedPrompt, ImportedSuite, Json, Record
from prompteval.interchange.records import json_lines
from prompteval.workspace.safe_paths import file_to_write
from prompteval.workspace.writing import make_directory, write_whole

_SETTINGS = "# Imported from {source}. `prompteval check` validates it, `prompteval run` runs it.\n"
_MODULE = '''"""{title}"""

from pydantic import BaseModel

from prompteval import {names}


class Inputs(BaseModel):
{fields}


prompt = Prompt(
    inputs=Inputs,
    output=str,
    messages=[
{messages}
    ],
{described})
'''


def write_workspace(imported: Imported, directory: Path) -> list[str]:
    """Write every file; their paths. Raises UsageError, before anything is written, where one exists."""
    files = workspace_files(imported)
    here = directory.absolute()
    if (here / "prompteval.toml").exists() or (here / "pyproject.toml").exists():
        files.pop("prompteval.toml", None)
    taken = [path for path in files if (here / path).exists() or (here / path).is_symlink()]
    if taken:
        raise UsageError(
            f"{directory / taken[0]} already exists; nothing was written", "choose another directory"
        )
    for path in files:
        file_to_write(here / path, here)
    for path, text in files.items():
        make_directory((here / path).parent, within=here)
        write_whole(here / path, [text.encode("utf-8", "surrogatepass")], within=here)
    return list(files)


def workspace_files(imported: Imported) -> dict[str, str]:
    """The text of every file by its path in the workspace."""
    files = {"prompteval.toml": _SETTINGS.format(source=Path(imported.path).name.replace("\n", " "))}
    for suite in imported.suites:
        files |= suite.files
        files[f"datasets/{suite.name}.jsonl"] = json_lines(suite.cases)
        if suite.outputs:
            files[f"outputs/{suite.name}.jsonl"] = json_lines(suite.outputs)
        elif suite.prompt is not None:
            files[f"prompts/{suite.name}/v1.py"] = prompt_module(suite.prompt)
        files[f"evals/{suite.name}.yaml"] = suite_text(suite)
    return files


def suite_text(suite: ImportedSuite) -> str:
    """A suite file: flow style, whose values are JSON, which is YAML."""
    keys: Record = {}
    if suite.description:
        keys["description"] = suite.description
    if suite.outputs:
        keys["outputs"] = f"../outputs/{suite.name}.jsonl"
    elif suite.prompt is not None:
        keys["prompt"] = suite.name
    keys["cases"] = f"../datasets/{suite.name}.jsonl"
    optional: dict[str, Json] = {
        "models": list(suite.models),
        "rag": suite.rag,
        "scorers": suite.scorers,
        "metrics": list(suite.metrics),
    }
    keys |= {name: value for name, value in optional.items() if value}
    return "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in keys.items())


def prompt_module(prompt: ImportedPrompt, title: str = "An imported prompt.") -> str:
    """The module of a prompt with typed inputs; `title` is its docstring."""
    kinds = sorted({_function(role) for role, _ in prompt.messages})
    defaults = {name: ' = ""' if name in prompt.optional else "" for name in prompt.inputs}
    fields = "\n".join(f"    {name}: str{default}" for name, default in defaults.items()) or "    pass"
    described = f"    description={prompt.description!r},\n" if prompt.description else ""
    messages = "\n".join(f"        {_function(role)}({text!r})," for role, text in prompt.messages)
    return _MODULE.format(
        title=title,
        names=", ".join(["Prompt", *kinds]),
        fields=fields,
        messages=messages,
        described=described,
    )


def _function(role: str) -> str:
    return {"system": "system", "developer": "system", "assistant": "assistant"}.get(role, "user")
