"""BEIR data sets and TREC collections: documents, questions and judgments to a suite of retrieval."""

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem
from prompteval.interchange.imported import Imported, ImportedSuite, Json, Record
from prompteval.interchange.records import suite_name, whole_number
from prompteval.interchange.source import read_archive, read_text, records_of, rows_of

METRICS = ["retrieval.ndcg@10", "retrieval.recall@100", "retrieval.mrr@10"]


def read_beir(path: Path) -> Imported:
    """A directory or ZIP with `corpus.jsonl`, `queries.jsonl` and `qrels/*.tsv`; each of the last is a split.

    Of several splits `test` is taken, and the others are losses.
    """
    files = _beir_files(path)
    imported = Imported(str(path))
    corpus = _needed(files, "corpus.jsonl", path)
    queries = {
        str(line.value.get("_id")): line for line in records_of(*_needed(files, "queries.jsonl", path), ())
    }
    qrels = {name: text for name, text in files.items() if "/qrels/" in f"/{name}" and name.endswith(".tsv")}
    if not qrels:
        raise InvalidInput(
            [Problem(str(path), 0, 0, "PI100", "no qrels/*.tsv", "a BEIR data set has one a split")]
        )
    chosen = next((name for name in qrels if name.endswith("test.tsv")), min(qrels))
    for name in sorted(qrels.keys() - {chosen}):
        imported.lose(0, f"{name}: of several splits only {chosen} is carried over", path=f"{path}:{name}")
    suite = ImportedSuite(suite_name(path.name.partition(".")[0]))
    for query, grades in _beir_judgments(qrels[chosen], f"{path}:{chosen}").items():
        line = queries.get(query)
        if line is None:
            imported.lose(0, f"query {query!r} is judged, and not in queries.jsonl", path=f"{path}:{chosen}")
            continue
        _add_case(suite, imported, query, str(line.value.get("text", "")), grades)
    suite.files[f"datasets/{suite.name}_corpus.jsonl"] = _lines(_beir_documents(corpus, imported))
    suite.rag = {
        "corpus": f"../datasets/{suite.name}_corpus.jsonl",
        "chunker": {"kind": "none"},
        "retriever": {"kind": "bm25", "depth": 100},
        "k": 10,
        "modes": ["retrieval"],
    }
    suite.metrics = list(METRICS)
    imported.suites.append(suite)
    return imported.finish()


def _beir_judgments(text: str, path: str) -> dict[str, dict[str, int]]:
    """Query to document to grade. Raises InvalidInput for a grade that is not a whole number."""
    judged: dict[str, dict[str, int]] = {}
    for row in rows_of(text, path):
        query, document, score = (str(value) for value in [*row.value.values(), "", "", ""][:3])
        grade = whole_number(score)
        if grade is None:
            raise InvalidInput([Problem(row.path, row.number, 1, "PI100", _NO_GRADE.format(score))])
        judged.setdefault(query, {})[document] = grade
    return judged


def _beir_documents(corpus: tuple[str, str], imported: Imported) -> list[dict[str, str]]:
    """The documents of a corpus; what else a line has is lost."""
    documents = []
    for line in records_of(*corpus, ()):
        title, text = line.value.get("title") or "", line.value.get("text") or ""
        documents.append({"id": str(line.value.get("_id")), "title": str(title), "text": str(text)})
        for key in line.value.keys() - {"_id", "title", "text"}:
            if line.value[key] not in (None, {}, []):
                imported.lose_key(line.number, key)
    return documents


def read_trec(path: Path) -> Imported:
    """A directory with judgments (`*qrels*`), a run (`*run*`) and, where there are, topics (`*topics*`)."""
    if not path.is_dir():
        raise UsageError(
            f"{path} is not a directory", "name the directory of judgments (*qrels*) and run (*run*)"
        )
    imported = Imported(str(path))
    found = {kind: _one(path, imported, *marks) for kind, marks in _TREC.items()}
    qrels, run = found["qrels"], found["run"]
    if qrels is None or run is None:
        raise UsageError(
            f"{path} has no file of {'judgments' if qrels is None else 'a run'}",
            "a name has qrels or run in it",
        )
    topics = dict(_topics(found["topics"])) if found["topics"] is not None else {}
    suite = ImportedSuite(suite_name(path.name))
    judged: dict[str, dict[str, int]] = {}
    for number, line in enumerate(read_text(qrels).splitlines(), 1):
        parts = line.split()
        grade = whole_number(parts[3]) if len(parts) == 4 else None
        if grade is not None:
            judged.setdefault(parts[0], {})[parts[2]] = grade
        elif parts:
            wrong = _NO_GRADE.format(parts[3]) if len(parts) == 4 else f"{len(parts)} fields"
            help = "a line is: query 0 document relevance"
            raise InvalidInput([Problem(str(qrels), number, 1, "PI100", wrong, help)])
    if found["topics"] is None:
        imported.lose(0, "no topics: the question of a case is the number of its query", path=str(path))
    for query, grades in judged.items():
        if topics and query not in topics:
            imported.lose(
                0, f"query {query!r} is judged, and not among the topics", path=str(found["topics"])
            )
        _add_case(suite, imported, query, topics.get(query, query), grades)
    ranked = _ranked(run)
    for query in sorted(ranked.keys() - judged.keys()):
        imported.lose(0, f"query {query!r} is in the run, and not judged", path=str(run))
    suite.outputs = [{"id": query, "retrieved": ranked.get(query, [])} for query in judged]
    suite.metrics = list(METRICS)
    imported.suites.append(suite)
    return imported.finish()


# Of a judgment.
_NO_GRADE = "the relevance must be a whole number of at most 20 digits, not {!r:.40}"
_TREC = {"qrels": ("qrels",), "run": ("run",), "topics": ("topics", "queries")}


def _ranked(path: Path) -> dict[str, list[Json]]:
    """The passages of each query of a run: by score, descending, then in the order of the file."""
    rows: dict[str, list[tuple[float, str]]] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        parts = line.split()
        if not parts:
            continue
        try:
            if len(parts) != 6:
                raise ValueError(f"{len(parts)} fields")
            score = float(parts[4])
            if not math.isfinite(score):
                raise ValueError(f"the score is {parts[4]}")
        except ValueError as error:
            help = "a line is: query Q0 document rank score run"
            raise InvalidInput([Problem(str(path), number, 1, "PI100", str(error), help)]) from None
        rows.setdefault(parts[0], []).append((score, parts[2]))
    return {
        query: [
            {"doc": document, "score": score} for score, document in sorted(found, key=lambda row: -row[0])
        ]
        for query, found in rows.items()
    }


def _one(path: Path, imported: Imported, *marks: str) -> Path | None:
    """The file of a directory whose name has one of the marks; further ones are losses."""
    found = sorted(
        item for item in path.iterdir() if item.is_file() and any(mark in item.name.lower() for mark in marks)
    )
    for other in found[1:]:
        imported.lose(0, f"{other.name}: {found[0].name} is taken", path=str(other))
    return found[0] if found else None


def _topics(path: Path) -> Iterator[tuple[str, str]]:
    """Queries as `number<tab>text` lines, or as TREC topics with `<num>` and `<title>`."""
    text = read_text(path)
    if "<top>" not in text:
        for line in text.splitlines():
            number, tab, words = line.partition("\t")
            if tab:
                yield number.strip(), words.strip()
        return
    for topic in text.split("<top>")[1:]:
        number = topic.partition("<num>")[2].partition("\n")[0].replace("Number:", "").replace("</num>", "")
        title = topic.partition("<title>")[2].partition("<desc>")[0].partition("</title>")[0]
        yield number.strip(), " ".join(title.replace("Topic:", "").split())


def _add_case(
    suite: ImportedSuite, imported: Imported, query: str, question: str, grades: dict[str, int]
) -> None:
    """A case with its relevant documents as alternatives; what is judged not relevant is left out."""
    spans: list[Json] = [{"doc": document, "grade": grade} for document, grade in grades.items() if grade > 0]
    case: Record = {"id": query, "inputs": {"question": question}}
    if spans:
        case["gold"] = [spans]
    suite.cases.append(case)


def _beir_files(path: Path) -> dict[str, str]:
    if path.is_dir():
        wanted = [path / "corpus.jsonl", path / "queries.jsonl", *sorted((path / "qrels").glob("*.tsv"))]
        return {item.relative_to(path).as_posix(): read_text(item) for item in wanted if item.is_file()}
    return read_archive(path)


def _needed(files: dict[str, str], name: str, path: Path) -> tuple[str, str]:
    found = next((key for key in files if key == name or key.endswith("/" + name)), None)
    if found is None:
        raise InvalidInput([Problem(str(path), 0, 0, "PI100", f"no {name}", "a BEIR data set has one")])
    return files[found], f"{path}:{found}"


def _lines(rows: Iterable[dict[str, str]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
