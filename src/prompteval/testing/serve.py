"""`python -m prompteval.testing.serve PORT [LATENCY_MS] [RULES]`: the fake server as a process of its own.

RULES is a file of a scripted model, as `scripted/<file>` takes it; without one the server answers with the
name of a team that the message holds.
"""

import sys
import time
from pathlib import Path

from prompteval.testing.server import FakeServer, Reply

TEAMS = ("billing", "technical", "escalate", "general")


def main() -> None:
    port, latency_ms = int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 50.0
    replies = scripted(Path(sys.argv[3])) if len(sys.argv) > 3 else teams()
    with FakeServer(replies, latency_s=latency_ms / 1000, keep=False, port=port) as server:
        sys.stdout.write(f"listening at {server.url}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)


def teams() -> list[Reply]:
    """A reply for each team, as an object."""
    return [Reply(label, output={"intent": label}) for label in TEAMS]


def scripted(path: Path) -> list[Reply]:
    """The rules of a scripted model as replies. Raises InvalidInput where they cannot be read."""
    from prompteval.providers.scripted import read_rules
    from prompteval.workspace.tree import WorkingTree

    return [
        Reply(
            rule.when,
            text=rule.text or "",
            tool_calls=[[(call.name, call.arguments) for call in step] for step in rule.steps],
        )
        for rule in read_rules(WorkingTree(path.resolve().parent), path.name)
    ]


if __name__ == "__main__":
    main()
