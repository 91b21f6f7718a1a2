"""Telling somebody that an alert began or ended: a webhook, or a command."""

import asyncio
import json
import subprocess
from collections.abc import Mapping
from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.plan.monitor_file import WatchFile

# A receiver that takes longer has not got it, and gets it again at the next look.
NOTICE_SECONDS: Final = 30.0
_ANSWER_BYTES: Final = 100_000


def deliver(notice: Mapping[str, object], watch: WatchFile) -> str:
    """Send a notice to the webhook and to the command that are named; what went wrong, or nothing."""
    body = json.dumps(notice, allow_nan=False).encode("ascii")
    faults = []
    if watch.webhook:
        faults.append(asyncio.run(_post(watch.webhook, body)))
    if watch.command:
        faults.append(_run(watch.command, body))
    return "; ".join(fault for fault in faults if fault)


async def _post(url: str, body: bytes) -> str:
    from prompteval.wire import open_session, post_json

    try:
        async with open_session(url, {}) as session:
            answer = await post_json(session, url, body, timeout_s=NOTICE_SECONDS, most_bytes=_ANSWER_BYTES)
    except ProviderError as error:
        return f"webhook: {error}"
    return "" if 200 <= answer.status < 300 else f"webhook: status {answer.status}"


def _run(command: list[str], body: bytes) -> str:
    try:
        done = subprocess.run(
            command, input=body, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=NOTICE_SECONDS
        )
    except OSError as error:
        return f"command {command[0]}: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"command {command[0]}: not done within {NOTICE_SECONDS:g} s"
    return "" if done.returncode == 0 else f"command {command[0]}: exit {done.returncode}"
