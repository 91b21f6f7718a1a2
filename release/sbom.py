"""A bill of materials (CycloneDX 1.6, JSON) of what prompteval with its extras is installed from.

`python release/sbom.py EXTRAS REPORT... OUT`, with the Python of an environment that has them. Each REPORT is
what `pip install --report` wrote while the environment was filled; together they have the hash of every file.
"""

import json
import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = "prompteval"
LONGEST_LICENCE = 100


def main() -> None:
    extras, reports, out = frozenset(sys.argv[1].split(",")), map(Path, sys.argv[2:-1]), Path(sys.argv[-1])
    hashes: dict[str, str] = {}
    for report in reports:
        hashes |= hashes_of(json.loads(report.read_text(encoding="utf-8")))
    bom = bill(closure(extras), hashes)
    out.write_text(json.dumps(bom, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(f"{out}: {len(bom['components'])} components\n")


def bill(graph: Mapping[str, set[str]], hashes: Mapping[str, str]) -> dict[str, Any]:
    """The bill of everything that the root needs, with the graph of what needs what."""
    parts = {name: component(distribution(name), hashes.get(name)) for name in sorted(graph)}
    refs = {name: part["bom-ref"] for name, part in parts.items()}
    content = json.dumps([parts, sorted((name, sorted(needs)) for name, needs in graph.items())])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, content)}",
        "metadata": {"timestamp": written_at(), "component": parts[ROOT]},
        "components": [part for name, part in parts.items() if name != ROOT],
        "dependencies": [
            {"ref": refs[name], "dependsOn": sorted(refs[need] for need in graph[name])}
            for name in sorted(graph)
        ],
    }


def closure(extras: frozenset[str]) -> dict[str, set[str]]:
    """Every distribution that is needed, with those it needs itself; extras are followed."""
    graph: dict[str, set[str]] = {}
    todo, seen = [(ROOT, extras)], set[tuple[str, frozenset[str]]]()
    while todo:
        name, chosen = todo.pop()
        if (name, chosen) in seen:
            continue
        seen.add((name, chosen))
        needs = graph.setdefault(name, set())
        for need in requirements(name, chosen):
            child = canonicalize_name(need.name)
            if child != name:  # an extra may name other extras of the same package
                needs.add(child)
            todo.append((child, frozenset(need.extras)))
    return graph


def requirements(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """What a distribution needs here, its chosen extras included."""
    for text in distribution(name).requires or ():
        need = Requirement(text)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            yield need


def component(found: Distribution, sha256: str | None) -> dict[str, Any]:
    """One distribution as a component."""
    name, version = canonicalize_name(found.metadata["Name"]), found.version
    purl = f"pkg:pypi/{name}@{version.replace('+', '%2B')}"
    part: dict[str, Any] = {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
    }  # fmt: skip
    if sha256 is not None:
        part["hashes"] = [{"alg": "SHA-256", "content": sha256}]
    licences = licences_of(found)
    if licences:
        part["licenses"] = licences
    return part


def licences_of(found: Distribution) -> list[dict[str, Any]]:
    """The licence as the distribution states it: an expression, a name, or its classifiers."""
    if expression := found.metadata.get("License-Expression"):
        return [{"expression": expression}]
    stated = found.metadata.get("License") or ""
    if stated and len(stated) <= LONGEST_LICENCE and "\n" not in stated:
        return [{"license": {"name": stated}}]
    classifiers = found.metadata.get_all("Classifier") or []
    names = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License ::")]
    return [{"license": {"name": name}} for name in names]


def hashes_of(report: Mapping[str, Any]) -> dict[str, str]:
    """The sha256 of the file that each distribution was installed from."""
    found = {}
    for item in report["install"]:
        hashes = item["download_info"].get("archive_info", {}).get("hashes", {})
        if "sha256" in hashes:
            found[canonicalize_name(item["metadata"]["name"])] = hashes["sha256"]
    return found


def written_at() -> str:
    """SOURCE_DATE_EPOCH where it is set, so that a release can be made again byte for byte."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    main()
