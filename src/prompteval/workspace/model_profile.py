"""The settings of a workspace as values: models by name, and what else the file may say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prompteval.workspace.safe_paths import STATE_DIR
from prompteval.workspace.store_place import RESULTS

CASE_DEADLINE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """A named model: `[models.NAME]` in prompteval.toml. Times are seconds.

    `price` is USD per million tokens: `input`, `output`, and `cached_input` where it differs.
    `context_window` is how many tokens the model reads and writes in all, where the table does not
    know it or is wrong. `calibration` and `abstain` are transforms of a local model, by their path from the
    workspace. From `preset` to `files` the keys say
    what the server is (see `server_keys`). `withheld` is not a setting: it says why the model may not be
    called.
    """

    name: str
    provider: str = "openai"
    model: str = ""
    base_url: str | None = None
    api_key_env: str | None = None
    rpm: int | None = None
    tpm: int | None = None
    max_concurrency: int | None = None
    timeout_s: float = 60.0
    max_attempts: int = 5
    case_deadline_s: float = CASE_DEADLINE_SECONDS
    price: Mapping[str, float] | None = None
    context_window: int | None = None
    calibration: str | None = None
    abstain: str | None = None
    preset: str | None = None
    structured: str | None = None
    rename: Mapping[str, str] | None = None
    drop: tuple[str, ...] = ()
    extra_body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    headers_env: Mapping[str, str] | None = None
    query: Mapping[str, str] | None = None
    api: str = "chat"
    stream: bool = False
    files: tuple[str, ...] | None = None
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the workspace's settings file says, defaults filled in.

    `allow` are installed packages whose functions a suite may name, `env` the variables that a
    suite's `headers_env` may read.
    """

    default_model: str = "local/use"
    store: str = f"{STATE_DIR}/{RESULTS}"
    models: Mapping[str, ModelProfile] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
