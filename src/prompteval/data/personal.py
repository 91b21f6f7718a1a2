"""Personal data and credentials in rows, as spans; never the value itself."""

from collections import Counter
from collections.abc import Sequence

from prompteval.core.text import counted
from prompteval.data.findings import Findings
from prompteval.data.rows import DataRow
from prompteval.pii.find import find
from prompteval.pii.span import PATTERNS, Kind


def check_personal(
    rows: Sequence[DataRow], findings: Findings, kinds: Sequence[Kind] = PATTERNS
) -> Counter[str]:
    """How many spans of each kind; a row with a credential is an error of its own (S21)."""
    totals: Counter[str] = Counter()
    for row in rows:
        spans = find(row.text, kinds)
        totals.update(span.kind for span in spans)
        personal = [span for span in spans if span.kind != "secret"]
        if personal:
            where = ", ".join(
                f"{span.detail or span.kind} at {span.start}-{span.end}" for span in personal[:5]
            )
            more = f" and {counted(len(personal) - 5, 'more span')}" if len(personal) > 5 else ""
            findings.add(row, "PD116", f"personal data: {where}{more}", "`prompteval data redact` masks it")
        for span in spans:
            if span.kind == "secret":
                length = span.end - span.start
                findings.add(
                    row,
                    "PD117",
                    f"credential of {length} characters at {span.start}-{span.end}",
                    "revoke it, and remove it",
                )
    return totals
