"""The floor: a bare aiohttp loop with a tool. usage: bare_aiohttp.py CASES.jsonl CONCURRENCY URL"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

PARAMETERS = {
    "additionalProperties": False,
    "properties": {"order_id": {"type": "string"}},
    "required": ["order_id"],
    "type": "object",
}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_order", "description": "Look an order up.", "parameters": PARAMETERS, "strict": True,
        },
    }
]  # fmt: skip
SYSTEM = {"role": "system", "content": "You help customers of a shop. Use the tools."}


def get_order(order_id: str) -> dict[str, Any]:
    """What the fake of the suite gives."""
    return {"order_id": order_id, "status": "shipped", "total": 12.5}


async def main(cases: Iterator[dict[str, Any]], concurrency: int, url: str) -> None:
    counts: Counter[str] = Counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

        async def ask(messages: list[dict[str, Any]]) -> dict[str, Any]:
            body = {"model": "gpt-4o-mini", "temperature": 0, "messages": messages, "tools": TOOLS}
            counts["requests"] += 1
            async with session.post(f"{url}/chat/completions", json=body) as reply:
                answer = await reply.json()
            message: dict[str, Any] = answer["choices"][0]["message"]
            return message

        async def worker() -> None:
            for case in cases:
                messages = [SYSTEM, {"role": "user", "content": case["inputs"]["message"]}]
                message = await ask(messages)
                while calls := message.get("tool_calls"):
                    counts["steps"] += 1
                    counts["tool_calls"] += len(calls)
                    messages.append({"role": "assistant", "content": None, "tool_calls": calls})
                    for call in calls:
                        found = get_order(**json.loads(call["function"]["arguments"]))
                        text = json.dumps(found)
                        messages.append({"role": "tool", "content": text, "tool_call_id": call["id"]})
                    message = await ask(messages)
                counts["rows"] += message["content"] == "done"

        await asyncio.gather(*(worker() for _ in range(concurrency)))
    print(json.dumps(counts))


if __name__ == "__main__":
    read = (json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines())
    asyncio.run(main(read, int(sys.argv[2]), sys.argv[3]))
