"""`python -m prompteval.testing.serve PORT [LATENCY_MS]`: the fake server as a process of its own."""

import sys
import time

from prompteval.testing.server import FakeServer, Reply


def main() -> None:
    port, latency_ms = int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 50.0
    rules = [
        Reply(label, output={"intent": label}) for label in ("billing", "technical", "escalate", "general")
    ]
    with FakeServer(rules, latency_s=latency_ms / 1000, keep=False, port=port) as server:
        sys.stdout.write(f"listening at {server.url}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
