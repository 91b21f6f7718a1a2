"""PA110: credentials in files of text, redacted in what is printed."""

from collections.abc import Iterator

from prompteval.audit.findings import Finding
from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Problem, Severity
from prompteval.core.secret import find_secrets

ENDINGS = (
    ".py", ".ipynb", ".toml", ".yaml", ".yml", ".json", ".jsonl", ".env", ".cfg", ".ini", ".txt", ".md",
    ".sh", ".j2", ".jinja", ".csv", ".tf", ".js", ".ts", ".xml", ".properties",
)  # fmt: skip
# Of a longer file the beginning is searched.
MAX_SEARCHED_BYTES = 5_000_000
# Keys of one file; it is then known to hold them.
MOST_KEYS = 20


def is_searched(path: str) -> bool:
    """Whether a file may hold text that somebody typed."""
    name = path.rpartition("/")[2]
    return path.endswith(ENDINGS) or name.startswith(".env")


def key_findings(path: str, text: str, *, in_test: bool = False) -> Iterator[Finding]:
    """Everything in a text that looks like a credential, at most MOST_KEYS; in a test it only warns."""
    for number, (offset, shown) in enumerate(find_secrets(text)):
        if number >= MOST_KEYS:
            return
        line = text.count("\n", 0, offset) + 1
        column = offset - (text.rfind("\n", 0, offset) + 1) + 1
        help = "remove it, revoke it, and read it from the environment"
        message = f"credential in the file: {shown}"
        severity: Severity = "warning" if in_test else "error"
        problem = Problem(path, line, column, "PA110", message, help, severity)
        yield Finding(problem, line, fingerprint([shown, number]))
