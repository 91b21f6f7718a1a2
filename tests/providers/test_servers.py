"""Exchanges with servers, each written from its documentation: what is sent, and what comes back.

The tests in `llama` ask a real one.
"""

import json
import re
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import InvalidInput, ProviderError, UsageError
from prompteval.core.request import Message, Request, Response
from prompteval.core.secret import from_environment
from prompteval.core.tools import RequestedCall, ToolDefinition
from prompteval.providers.openai.body import INSTRUCTION, request_body, schema_name
from prompteval.providers.openai.errors import error_code_and_message, made_error, setting_for
from prompteval.providers.openai.filters import filtered_reply
from prompteval.providers.openai.reply import read_reply
from prompteval.providers.openai.server import server_of
from prompteval.providers.openai.shape import Shape, shape_of
from prompteval.workspace.presets import PRESETS, param_fault_of
from prompteval.workspace.settings import ModelProfile, read_settings
from prompteval.workspace.urls import host_of

SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
ASKED = Request(
    "m",
    (Message("system", "S"), Message("user", "u")),
    {"max_output_tokens": 9, "temperature": 0},
    SCHEMA,
    "pick it",
    7,
)


def sent(preset: str | None = None, **keys: Any) -> dict[str, Any]:
    return request_body("x", ASKED, shape_of(ModelProfile("m", preset=preset, **keys)))


def reply(message: dict[str, Any], finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish, **more}], "model": "x"}


def read(raw: Any, *, by_tool: bool = False) -> Response:
    return read_reply(raw, lambda: json.dumps(raw), None, 0.0, by_tool=by_tool)


def test_openai_takes_a_strict_schema_and_max_completion_tokens() -> None:
    """Structured Outputs guide; the name holds no blank."""
    body = sent("openai")
    assert body["response_format"]["json_schema"] == {"name": "pick_it", "strict": True, "schema": SCHEMA}
    assert (body["max_completion_tokens"], body["seed"]) == (9, 7)
    assert schema_name("Größe " + "x" * 99) == "Gr__e_" + "x" * 58


def test_azure_takes_the_key_in_its_own_header_and_filters_prompts_by_a_400() -> None:
    """Azure OpenAI, "Content filtering": an outcome, not an error."""
    assert shape_of(ModelProfile("m", preset="azure")).key_headers("k")["api-key"] == "k"
    body = {
        "error": {
            "message": "Filtered.",
            "code": None,
            "innererror": {"code": "ResponsibleAIPolicyViolation"},
        }
    }
    found = filtered_reply(made_error(400, {}, *error_code_and_message(body), ""))
    assert found is not None and (found.finish, found.reason) == ("content_filter", "Filtered.")


def test_ollama_takes_max_tokens_and_needs_no_key() -> None:
    """ "OpenAI compatibility" of Ollama; content beside tool calls is the empty text there."""
    body = sent("ollama")
    assert (body["max_tokens"], "max_completion_tokens" in body) == (9, False)
    assert not shape_of(ModelProfile("m", preset="ollama")).needs_key
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    found = read(reply({"role": "assistant", "content": "", "tool_calls": calls}, "tool_calls"))
    assert found.tool_calls == (RequestedCall("1", "f", "{}"),)


def test_vllm_and_groq_take_what_openai_takes() -> None:
    """Their documentation of the chat API; a reasoning model's thoughts are in a field of their own."""
    assert sent("vllm") == sent("groq") == sent("openai") == sent()
    assert read(reply({"content": "Paris", "reasoning_content": "hm", "tool_calls": []})).text == "Paris"


def test_llama_cpp_and_lm_studio_take_max_tokens() -> None:
    """tools/server/README.md; "Chat Completions", supported payload parameters: a seed, no log probabilities."""
    assert sent("llama.cpp")["max_tokens"] == sent("lmstudio")["max_tokens"] == 9
    assert sent("lmstudio")["seed"] == 7 and not shape_of(ModelProfile("m", preset="lmstudio")).needs_key
    assert PRESETS["lmstudio"].ignored >= {"logprobs", "top_logprobs"}


def test_lm_studio_puts_thoughts_beside_the_answer() -> None:
    """API changelog, 0.3.23: `message.reasoning`."""
    assert read(reply({"content": "Paris", "reasoning": "hm"})).text == "Paris"


def test_together_counts_log_probabilities_and_gives_them_in_a_plain_list() -> None:
    """Chat completions reference: `logprobs` is 0 to 20, and the reply has `token_logprobs`."""
    for params, count in (
        ({"logprobs": True}, 1),
        ({"logprobs": True, "top_logprobs": 5}, 5),
        ({"logprobs": False, "top_logprobs": 5}, 0),
    ):
        body = request_body("x", Request("m", (), params), shape_of(ModelProfile("m", preset="together")))
        assert body["logprobs"] == count and type(body["logprobs"]) is int and "top_logprobs" not in body
    plain = {"tokens": ["Par", "is"], "token_ids": [1, 2], "token_logprobs": [-0.5, -0.25]}
    assert read(reply({"content": "Paris"}, logprobs=plain)).logprobs == (-0.5, -0.25)
    assert sent("together")["max_tokens"] == 9 and sent("together")["seed"] == 7


def test_groq_and_mistral_refuse_log_probabilities() -> None:
    """OpenAI Compatibility, "currently unsupported"; the fields of Mistral's ChatCompletionRequest, and no other."""
    for name in ("groq", "mistral"):
        assert PRESETS[name].refused >= {"logprobs", "top_logprobs"}


def test_openrouter_asks_for_providers_that_heed_every_parameter_and_puts_errors_into_choices() -> None:
    """Provider routing, `require_parameters`; "Errors and debugging": the code says what kind it is."""
    assert sent("openrouter")["provider"] == {"require_parameters": True}
    for code, kind in ((502, "server"), (429, "rate_limit"), (402, "quota"), ("x", "bad_response")):
        failed = reply({"content": ""}, "error", error={"code": code, "message": "Upstream"})
        for raw in (failed, {"error": {"code": code, "message": "Upstream"}}):
            with pytest.raises(ProviderError, match="Upstream") as raised:
                read(raw)
            assert raised.value.kind == kind


def test_mistral_has_its_own_seed_and_thinks_in_parts() -> None:
    """API reference, `random_seed`; "Reasoning": content is a list of thinking and text."""
    body = sent("mistral")
    assert (body["random_seed"], "seed" in body) == (7, False)
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    parts = [thinking, {"type": "text", "text": "Par"}, {"type": "text", "text": "is"}]
    assert read(reply({"content": parts}, "model_length")).finish == "length"
    assert read(reply({"content": parts})).text == "Paris"
    with pytest.raises(ProviderError, match="no content"):
        read(reply({"content": [thinking]}))


@pytest.mark.parametrize(
    "content",
    [{"type": "text", "text": "Paris"}, ["Par", "is"], [{"text": "Paris"}], ["Par", {"text": "is"}]],
)
def test_the_text_of_a_message_in_any_form_of_parts(content: Any) -> None:
    """Some servers send one part without its list, bare texts, or parts without a type."""
    assert read(reply({"content": content})).text == "Paris"


@pytest.mark.parametrize("reason", ["network_error", "abort", "TIMEOUT", "cancelled", "ERROR"])
def test_a_choice_that_its_server_broke_off_is_no_answer(reason: str) -> None:
    """What was written so far would be scored as the whole."""
    with pytest.raises(ProviderError) as raised:
        read(reply({"content": "Par"}, reason))
    assert raised.value.retryable


def test_the_first_choice_is_the_one_with_index_0() -> None:
    """A server may list them in the order in which they ended."""
    body = reply({"content": "Paris"})
    other = {"index": 1, "finish_reason": "stop", "message": {"content": "Rome"}}
    assert read({**body, "choices": [other, *body["choices"]]}).text == "Paris"


def test_mistral_says_which_field_it_refuses() -> None:
    """Its 422, as public reports have it: the message is no text, and still leads to the setting."""
    detail = [
        {
            "type": "extra_forbidden",
            "loc": ["body", "max_completion_tokens"],
            "msg": "Extra inputs are not permitted",
            "input": 9,
        }
    ]
    body = {
        "object": "error",
        "message": {"detail": detail},
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    found = made_error(422, {}, *error_code_and_message(body), "")
    assert found.kind == "bad_request" and 'rename = { max_output_tokens = "max_tokens" }' in str(found)


def test_deepseek_breaks_off_and_counts_cached_tokens_in_its_own_words() -> None:
    """Create Chat Completion: `insufficient_system_resource`, `prompt_cache_hit_tokens`; may pass another time."""
    with pytest.raises(ProviderError, match="cut the reply off") as raised:
        read(reply({"content": "Par"}, "insufficient_system_resource"))
    assert (raised.value.kind, raised.value.retryable, raised.value.possibly_billed) == ("server", True, True)
    usage = {"prompt_tokens": 10, "prompt_cache_hit_tokens": 8, "completion_tokens": 2}
    found = read({**reply({"content": "Paris"}), "usage": usage}).usage
    assert found is not None and (found.prompt_tokens, found.cached_tokens) == (10, 8)


def test_deepseek_is_told_the_schema_in_words() -> None:
    """JSON Output guide: json_object, and the word JSON in the prompt; 402 is an empty account."""
    body = sent("deepseek")
    assert body["response_format"] == {"type": "json_object"}
    assert body["messages"][0] == {"role": "system", "content": "S\n\n" + INSTRUCTION + json.dumps(SCHEMA)}
    assert made_error(402, {}, "invalid_request_error", "Insufficient Balance", "").kind == "quota"


LOOK = ToolDefinition("look", "Look it up.", SCHEMA)
ARGUMENTS = {"a": "x"}
# How the documentation of each writes a call: arguments as text or as an object, the id, the text beside it.
CALL_FORMS: dict[str, dict[str, Any]] = {
    "openai": {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"a": "x"}'}},
    "ollama": {"id": "call_x1", "index": 0, "type": "function",
               "function": {"name": "look", "arguments": '{"a":"x"}'}},
    "lmstudio": {"id": "365174485", "type": "function", "function": {"name": "look", "arguments": '{"a":"x"}'}},
    "vllm": {"id": "chatcmpl-tool-1", "type": "function", "function": {"name": "look", "arguments": '{"a": "x"}'}},
    "mistral": {"id": "D681PevKs", "function": {"name": "look", "arguments": ARGUMENTS}},
    "deepseek": {"index": 0, "id": "call_0_1", "type": "function",
                 "function": {"name": "look", "arguments": '{"a": "x"}'}},
}  # fmt: skip


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_tools_are_offered_and_called_in_each_servers_form(preset: str) -> None:
    """A definition with its schema, and a call whose arguments come as text or as an object; no text is text."""
    body = request_body(
        "x", replace(ASKED, schema=None, tools=(LOOK,)), shape_of(ModelProfile("m", preset=preset))
    )
    assert body["tools"][0]["function"] == {**LOOK.as_json(), "strict": True}
    call = CALL_FORMS.get(preset, CALL_FORMS["openai"])
    for content in (None, ""):
        found = read(reply({"content": content, "tool_calls": [call]}, "tool_calls"))
        assert (found.text, found.finish) == ("", "tool_calls")
        assert json.loads(found.tool_calls[0].arguments) == ARGUMENTS and found.tool_calls[0].id == call["id"]


@pytest.mark.parametrize("preset", ["ollama", "llama.cpp"])
def test_a_forced_call_is_refused_where_the_server_ignores_it(preset: str) -> None:
    """A choice of tool that has no effect would score the model on what it was never asked."""
    assert param_fault_of(preset, "chat", "tool_choice", {}) == (
        f"{preset} silently ignores 'tool_choice'",
        "",
    )


def test_a_schema_by_a_tool_call_or_by_the_prompt_alone() -> None:
    """For servers that know no response_format; the arguments of the call are the answer."""
    body = sent(structured="tool")
    assert body["tool_choice"]["function"]["name"] == body["tools"][0]["function"]["name"] == "pick_it"
    calls = [{"type": "function", "function": {"name": "pick_it", "arguments": '{"a": "b"}'}}]
    answer = read(reply({"content": None, "tool_calls": calls}, "tool_calls"), by_tool=True)
    assert (answer.text, answer.finish) == ('{"a": "b"}', "stop")
    assert "response_format" not in sent(structured="prompt")


def test_keys_of_a_profile_say_what_a_server_takes() -> None:
    """Renamed, dropped, added, and each of them another key of the cache."""
    body = sent(rename={"max_output_tokens": "n"}, drop=("temperature", "seed"), extra_body={"top_k": 5})
    assert (body["n"], body["top_k"]) == (9, 5) and not {
        "temperature",
        "seed",
        "max_completion_tokens",
    } & body.keys()
    shapes = [
        shape_of(None),
        shape_of(ModelProfile("m", drop=("seed",))),
        shape_of(ModelProfile("m", preset="ollama")),
    ]
    assert len({shape.identity for shape in shapes}) == 3 and shapes[0].identity == ""


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://h/v1", "http://h/v1/chat/completions?a=1"), ("http://h/v1/", "http://h/v1/chat/completions?a=1"),
        ("http://h/d?api-version=2", "http://h/d/chat/completions?api-version=2&a=1"),
        ("http://h/v1/#x", "http://h/v1/chat/completions?a=1"),
    ],
)  # fmt: skip
def test_a_query_stays_behind_the_path(base: str, url: str) -> None:
    """Of the base URL and of the profile."""
    assert Shape(query={"a": "1"}).url(base, "chat/completions") == url


@pytest.mark.parametrize("end", ["/chat/completions", "#x", " ", "?key=abcdefgh12345678#"])
def test_a_base_url_of_a_variable_is_held_to_the_same_rules(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one of a profile, before a call; what is secret in it is not shown."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://h/v1{end}")
    with pytest.raises(ProviderError, match=r"the base URL 'http://h/v1") as raised:
        server_of(None).check_ready("m")
    assert raised.value.kind == "no_credentials" and "abcdefgh1234" not in str(raised.value)


@pytest.mark.parametrize(
    ("said", "setting"),
    [
        ("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
         'rename = { max_output_tokens = "max_completion_tokens" }'),
        ("Extra inputs are not permitted: max_completion_tokens", 'rename = { max_output_tokens = "max_tokens" }'),
        ("Unsupported value: 'temperature' does not support 0 with this model.", 'drop = ["temperature"]'),
        ("This response_format type is unavailable now", 'structured = "json_object"'),
        ("`logprobs` is not supported with this model", 'drop = ["logprobs"]'), ("The model is overloaded", ""),
    ],
)  # fmt: skip
def test_a_400_that_names_a_parameter_names_the_setting(said: str, setting: str) -> None:
    """The words are those of public reports."""
    assert setting_for(said) == setting
    assert setting in str(made_error(400, {}, "", said, ""))


def test_s20_a_key_with_a_line_break_is_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a file or a secret store gives it; a header would be refused, or split."""
    monkeypatch.setenv("OUR_KEY", " sk-secret-key\r\n")
    assert from_environment("OUR_KEY") == "sk-secret-key"


@pytest.mark.parametrize(
    ("line", "told_"),
    [
        ('preset = "olama"', "did you mean 'ollama'?"), ('structured = "schema"', "not one of json_schema"),
        ('drop = ["max_tokens"]', "names 'max_tokens', which is not a parameter"), ('query = { a = 1 }', "a must be a string, not 1"),
        ('headers = { a = "x\\ny" }', "has the control character"), ('headers_env = { a = "KEY" }', "do not allow"),
        ('rename = { seed = 1 }', "seed must be a string, not 1"), ('api = "response"', "not one of chat, responses, decisions (did you mean 'responses'?)"),
        ('stream = "yes"', "stream of model 'm' must be true or false"),
        ('api = "responses"\npreset = "llama.cpp"', "the Responses API of llama.cpp ignores the schema"),
        ('api = "responses"\npreset = "ollama"', "reports answers that were cut"),
        ('api = "responses"\npreset = "together"', "the Responses API of together is not there"),
        ('structured = "tool"\npreset = "ollama"', "which ollama silently ignores"),
        ('structured = "json_object"\napi = "responses"\npreset = "vllm"', "which vllm silently ignores"),
        ('stream = true\nprovider = "local"', "is for a server, and the provider is 'local'"),
        ('preset = "ollama"\nprovider = "scripted"', "is for a server, and the provider is 'scripted'"),
        ('files = ["image", "audio"]\npreset = "mistral"', 'names \'audio\', and mistral takes image alone (write files = ["image"], or name'),
        ('files = ["pdf"]\nbase_url = "https://api.groq.com/openai/v1"', 'names \'pdf\', and groq takes image alone (write files = ["image"])'),
        ('files = ["pdf"]\nbase_url = "https://us.openai.azure.com/openai/v1"\npreset = "azure"', "azure takes image, audio alone"),
        ('files = ["image"]\nmodel = "deepseek-v4-pro"\npreset = "deepseek"', "'deepseek-v4-pro' of deepseek takes no files (remove it"),
        ('files = ["pdf"]\nbase_url = "https://api.anthropic.com/v1"', "anthropic takes image alone"),
        ('files = ["audio", "pdf"]\napi = "responses"', 'responses have a form for image, pdf alone (write files = ["pdf"])'),
        ('files = ["image"]\napi = "decisions"', "decisions have a form for no files (remove it)"),
        ('extra_body = {top_k = 4, messages = []}', "has 'messages', which would replace what the prompt"),
        ('extra_body = {model = "other"}', "has 'model', which would replace what the prompt"),
    ],
)  # fmt: skip
def test_b9_wrong_keys_of_a_server_are_told_with_their_line(line: str, told_: str) -> None:
    """Before any call."""
    with pytest.raises(Exception, match=re.escape(told_)) as raised:
        read_settings(f"[models.m]\n{line}\n", Path("prompteval.toml"))
    assert "prompteval.toml:2" in str(raised.value)


@pytest.mark.parametrize(
    "lines",
    [
        'preset = "mistral"\nbase_url = "http://127.0.0.1:8000/v1"\nfiles = ["audio"]',
        'preset = "azure"\nbase_url = "https://us.openai.azure.com/openai/v1"\nfiles = ["audio"]',
        'preset = "deepseek"\nfiles = ["image"]',
        'preset = "openrouter"\nfiles = ["image", "pdf", "audio"]',
        'preset = "groq"\nfiles = []',
        'preset = "openai"\nfiles = ["audio"]',
    ],
)
def test_files_that_a_server_may_take_are_the_profiles_word(lines: str) -> None:
    """Those of another server behind a preset, those that its models differ in, and none."""
    settings = read_settings(f'[models.m]\nmodel = "deepseek-flash"\n{lines}\n', Path("prompteval.toml"))
    assert settings.models["m"].files is not None


@pytest.mark.parametrize(
    ("url", "taken"),
    [("http://127.0.0.1:9/v1", True), ("https://api.groq.com/openai/v1", False), ("", False)],
)
def test_files_of_a_server_that_the_variable_names_are_the_profiles_word(
    url: str, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a server at a base_url; not at the preset's own address."""
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    text = '[models.m]\nmodel = "x"\npreset = "groq"\nfiles = ["pdf"]\n'
    with nullcontext() if taken else pytest.raises(UsageError, match="groq takes image alone"):
        assert read_settings(text, Path("prompteval.toml")).models["m"].files == ("pdf",)


@pytest.mark.parametrize("url", ["http://[::1/v1", "http://h:port/v1", "http://h:99999999/v1"])
def test_b9_an_address_that_is_none_is_a_problem_at_its_line(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a profile in its file; of a variable before the first call; nothing else trips over it before."""
    with pytest.raises(Exception, match="is not an address") as raised:
        read_settings(f'[models.m]\nbase_url = "{url}"\n', Path("prompteval.toml"))
    assert "prompteval.toml:2" in str(raised.value)
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    with pytest.raises(ProviderError, match="is not an address"):
        server_of(None).check_ready("m")
    assert host_of(url) in ("", "h")


def test_what_a_preset_would_not_ignore_is_allowed() -> None:
    """The same keys with another server."""
    for preset in ("openai", "azure", "vllm", "openrouter", "groq", "mistral"):
        text = f'[models.m]\nmodel = "x"\npreset = "{preset}"\napi = "responses"\nstream = true\nstructured = "json_schema"\n'
        profile = read_settings(text, Path("prompteval.toml")).models["m"]
        assert (profile.api, profile.stream, shape_of(profile).api) == ("responses", True, "responses")


@pytest.mark.parametrize(
    ("url", "preset"),
    [("https://api.mistral.ai/v1", "mistral"), ("https://openrouter.ai/api/v1", "openrouter"),
     ("https://API.groq.com/openai/v1", "groq"), ("https://mistral.example/v1", None), ("https://api.anthropic.com/v1", None)],
)  # fmt: skip
def test_a_server_has_its_preset_by_its_address(url: str, preset: str | None) -> None:
    """So that nothing is silently left out for want of a line; a preset that is named wins."""
    text = f'[models.m]\nmodel = "x"\nbase_url = "{url}"\n'
    assert read_settings(text, Path("prompteval.toml")).models["m"].preset == preset
    named = read_settings(text + 'preset = "openai"\n', Path("prompteval.toml")).models["m"]
    assert shape_of(named) == Shape()
    with pytest.raises(InvalidInput, match="the Responses API of together is not there"):
        read_settings(
            '[models.m]\nmodel = "x"\nbase_url = "https://api.together.ai/v1"\napi = "responses"\n',
            Path("prompteval.toml"),
        )


def test_every_preset_has_its_row_in_the_documentation() -> None:
    """And every row its preset."""
    page = (Path(__file__).parents[2] / "docs" / "servers.md").read_text()
    text = page[page.index("| preset |") :].partition("\n\n")[0]
    assert {name.strip("`") for name in re.findall(r"^\| (`[^`]+`) \|", text, re.MULTILINE)} == {*PRESETS}
