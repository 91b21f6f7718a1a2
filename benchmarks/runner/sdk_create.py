"""What most people write: the openai package's create() in a loop. usage: as bare_aiohttp.py"""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
from bare_aiohttp import body


async def main(cases: Iterator[dict[str, Any]], concurrency: int, url: str) -> None:
    right = 0
    # prompteval: ignore[PA108, PA109] the client alone is measured, against a local server
    async with openai.AsyncOpenAI(base_url=url, api_key="sk-fake", max_retries=0) as client:

        async def worker() -> None:
            nonlocal right
            for case in cases:
                reply = await client.chat.completions.create(**body(case["inputs"]["message"]))
                right += json.loads(reply.choices[0].message.content or "{}") == case["expected"]

        await asyncio.gather(*(worker() for _ in range(concurrency)))
    print(f"{right} right")


if __name__ == "__main__":
    read = (json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines())
    asyncio.run(main(read, int(sys.argv[2]), sys.argv[3]))
