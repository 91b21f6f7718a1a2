"""A bare FastAPI handler that calls the same upstream: what a team would write by hand in twenty lines.

python benchmarks/serve/bare_fastapi.py PORT UPSTREAM_URL
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import aiohttp
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

URL = f"{sys.argv[2]}/chat/completions"
SCHEMA = {
    "type": "object",
    "properties": {"intent": {"enum": ["billing", "technical", "general", "escalate"], "type": "string"}},
    "required": ["intent"],
    "additionalProperties": False,
}


class Inputs(BaseModel):
    message: str = Field(max_length=4096)


class Output(BaseModel):
    intent: Literal["billing", "technical", "general", "escalate"]


class Answer(BaseModel):
    output: Output
    model: str


@asynccontextmanager
async def session(app: FastAPI) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        connector=connector, headers={"authorization": "Bearer sk-test"}
    ) as opened:
        app.state.session = opened
        yield


app = FastAPI(lifespan=session)


@app.post("/v1/prompts/route")
async def route(inputs: Inputs) -> Answer:
    body: dict[str, Any] = {
        "model": "fake",
        "messages": [
            {"role": "system", "content": "Route a support message."},
            {"role": "user", "content": inputs.message},
        ],
        "max_tokens": 32,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "route", "strict": True, "schema": SCHEMA},
        },
    }
    async with app.state.session.post(URL, json=body) as reply:
        found = await reply.json()
    text = found["choices"][0]["message"]["content"]
    return Answer(output=Output.model_validate(json.loads(text)), model=found["model"])


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
