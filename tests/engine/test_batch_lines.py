"""How the requests of a run become batches."""

import asyncio
from pathlib import Path

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request
from prompteval.engine.batch_mode import BatchDirectory, _send
from prompteval.store.sent_batches import BatchFile


def test_a_file_that_cannot_be_written_to_a_batch_stops_no_other(tmp_path: Path) -> None:
    """A line that is over the bound of a batch begins the next one; an error is kept for its case."""

    class Lines:
        """A client whose batches take 10 bytes and 2 lines."""

        most_bytes, most_lines = 10, 2

        def __init__(self) -> None:
            self.sent: list[bytes] = []

        def line(self, request: Request) -> bytes:
            if request.seed == 3:
                raise ProviderError("file", "a.png is gone")
            return b"x" * (request.seed or 0) + b"\n"

        async def submit(self, path: Path, run_id: str, part: int) -> str:
            self.keep(path)
            return f"batch{part}"

        def keep(self, path: Path) -> None:
            self.sent.append(path.read_bytes())

    client, directory = Lines(), BatchDirectory(tmp_path, "r", BatchFile("r", tmp_path))
    requests = [Request("m", (), seed=seed) for seed in (4, 4, 5, 3, 30, 1, 1, 2)]
    asyncio.run(_send(directory, "m", iter(requests), client, None))  # type: ignore[arg-type]
    directory.close(remove=True)
    assert [[len(line) for line in sent.splitlines()] for sent in client.sent] == [[4], [5], [30], [1, 2]]
    assert [error.kind for error in directory.errors.values()] == ["file"]
