"""The floor: every case posted in a bare aiohttp loop. usage: bare_aiohttp.py CASES.jsonl CONCURRENCY URL"""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

LABELS = ["billing", "technical", "escalate", "general"]
SCHEMA = {
    "type": "object",
    "properties": {"intent": {"type": "string", "enum": LABELS}},
    "required": ["intent"],
    "additionalProperties": False,
}


def body(message: str) -> dict[str, Any]:
    """The request that every program of this benchmark sends."""
    return {
        "model": "gpt-4o-mini",
        "temperature": 0,
        "max_completion_tokens": 16,
        "messages": [
            {"role": "system", "content": "Classify the support message."},
            {"role": "user", "content": message},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "classify", "strict": True, "schema": SCHEMA},
        },
    }


async def main(cases: Iterator[dict[str, Any]], concurrency: int, url: str) -> None:
    right = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

        async def worker() -> None:
            nonlocal right
            for case in cases:
                sent = session.post(f"{url}/chat/completions", json=body(case["inputs"]["message"]))
                async with sent as reply:
                    answer = await reply.json()
                text = answer["choices"][0]["message"]["content"]
                right += json.loads(text) == case["expected"]

        await asyncio.gather(*(worker() for _ in range(concurrency)))
    print(f"{right} right")


if __name__ == "__main__":
    read = (json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines())
    asyncio.run(main(read, int(sys.argv[2]), sys.argv[3]))
