"""Values of a model's profile that no call could use, or that would be sent other than they are meant."""

from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.workspace.settings import find_workspace


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('model = ""', "model of model 'm' is empty (write model = "),
        ('model = " gpt "', "model of model 'm' is ' gpt ', with white space around it (write \"gpt\")"),
        ('model = "g\\n5"', "model of model 'm' has the control character"),
        ('provider = " "', "provider of model 'm' is empty (write \"openai\""),
        ('base_url = " http://h/v1"', "base_url of model 'm' holds white space or a control character"),
        ('base_url = "http://a:b@h/v1"', "base_url of model 'm' holds a user or a password (remove it; the key belongs in"),
        ('base_url = "http://h/v1#x"', "base_url of model 'm' has a fragment, which no request carries"),
        ('base_url = "http://h/v1/responses/"', "ends with /responses, which each request adds (write \"http://h/v1\")"),
        ('base_url = "http://h/v1/chat/completions?v=1"', "which each request adds (write \"http://h/v1?v=1\")"),
        ('headers = {"" = "x"}', "headers of model 'm' names '', which cannot be the name of a header"),
        ('headers = {"A:" = "x"}', "headers of model 'm' names 'A:', which cannot be"),
        ('headers = {A = " "}', "headers of model 'm' has nothing for 'A'"),
        ('headers = {A = "x\\u0000"}', "headers of model 'm' has the control character"),
        ('headers = {A = "1", a = "2"}', "headers of model 'm' names 'A' and 'a', which are one header"),
        ('headers = {content-type = "x"}', "headers of model 'm' sets 'content-type', which each request says"),
        ('headers = {A = "sk-abcdefghijklmnop12345"}', "headers of model 'm' holds a credential in 'A' (set a"),
        ('headers_env = {" " = "V"}', "headers_env of model 'm' names ' ', which cannot be"),
        ('headers_env = {A = ""}', "headers_env of model 'm' has an empty variable for 'A'"),
        ('query = {"" = "x"}', "query of model 'm' has an empty name"),
        ('query = {a = ""}', "query of model 'm' has nothing for 'a'"),
        ('rename = {temperature = ""}', "rename of model 'm' has nothing for 'temperature'"),
        ('rename = {temperature = "model"}', "rename of model 'm' names 'model', which is not a parameter"),
        ('rename = {temperature = "top_p"}', "rename of model 'm' names 'top_p', which is another parameter"),
        ('rename = {temperature = "t", top_p = "t"}', "rename of model 'm' names 't' for two parameters"),
        ('extra_body = {a = {"" = 1}}', "extra_body of model 'm' has an empty name"),
        ('extra_body = {a = [nan]}', "extra_body of model 'm' holds nan, which JSON does not have"),
        ('extra_body = {a = 2026-01-02}', "holds 2026-01-02, which JSON does not have (write \"2026-01-02\")"),
    ],
)  # fmt: skip
def test_a_value_without_use_is_a_problem_at_its_line(tmp_path: Path, line: str, told: str) -> None:
    """With the fix."""
    model = "" if line.startswith("model") else 'model = "x"\n'
    (tmp_path / "prompteval.toml").write_text(f'env = ["V"]\n[models.m]\n{model}{line}\n')
    with pytest.raises(InvalidInput) as raised:
        find_workspace(tmp_path)
    (found,) = map(str, raised.value.problems)
    assert f"prompteval.toml:{4 if model else 3}:1 PE121 " in found and told in found


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('provider = "openai"', "toml:2:2 PE121 models.m has no model (add model"),
        ('model = "x"\ndrop = ["seed"]\nrename = {seed = "s"}', "toml:5:1 PE121 rename of model 'm' names 'seed', which"),
        ('model = "x"\nheaders = {X-K = "a"}\nheaders_env = {x-k = "V"}', "toml:5:1 PE121 headers_env of model 'm' names 'X-K' and 'x-k'"),
        ('model = "x"\nbase_url = "http://h/v1?b=2&a=1"\nquery = {a = "2"}', "toml:5:1 PE121 query of model 'm' names 'a', which base_url has"),
        ('provider = "local"\nmodel = "use"\nrpm = 5', "toml:5:1 PE121 rpm of model 'm' is for a server, and the provider is 'local'"),
        ('provider = "gguf"\nmodel = "a.gguf"\ntpm = 5', "toml:5:1 PE121 tpm of model 'm' is for a server, and the provider is 'gguf'"),
        ('provider = "replay"\nmodel = "a"\nbase_url = "http://h"', "toml:5:1 PE121 base_url of model 'm' is for a server"),
        ('provider = "local"\nmodel = "use"\nabstain = ""', "toml:5:1 PE121 abstain of model 'm' is empty"),
    ],
)  # fmt: skip
def test_keys_that_do_not_go_together_are_a_problem(tmp_path: Path, lines: str, told: str) -> None:
    """At the one to be changed."""
    (tmp_path / "prompteval.toml").write_text(f'env = ["V"]\n[models.m]\n{lines}\n')
    with pytest.raises(InvalidInput) as raised:
        find_workspace(tmp_path)
    assert told in "\n".join(map(str, raised.value.problems))


def test_what_servers_are_given_in_earnest_passes(tmp_path: Path) -> None:
    """Names with a slash, an address with a query, a header with a space or a tab, nested fields."""
    text = """env = ["V"]
[models.m]
model = "meta-llama/Llama-3.1-8B-Instruct:free"
base_url = "https://h:8443/openai/v1?api-version=2024-10-21"
headers = {X-Title = "our app\\tnew", HTTP-Referer = "https://a/?b=c"}
headers_env = {X-Key = "V"}
query = {region = "eu"}
rename = {max_output_tokens = "max_tokens"}
extra_body = {chat_template_kwargs = {enable_thinking = false}, top_k = 20, stops = ["a", 1.5]}
"""
    (tmp_path / "prompteval.toml").write_text(text)
    assert find_workspace(tmp_path).settings.models["m"].query == {"region": "eu"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('default_model = " "', ':1:1 PE121 default_model is empty (write it as in "local/use")'),
        (
            'store = "postgre"',
            ":1:1 PE121 store is 'postgre' (did you mean 'postgres'? a file of this name is './postgre')",
        ),
        ('store = ""', ":1:1 PE121 store is empty (name a file, or remove it)"),
        ('[models.""]\nmodel = "x"', ":1:2 PE121 models has a model without a name (name it)"),
        ('[models."  "]\nmodel = "x"', ":1:2 PE121 models has a model without a name (name it)"),
    ],
)
def test_a_name_that_nobody_can_write_is_a_problem(tmp_path: Path, text: str, told: str) -> None:
    """Of a model, of the default model, of the store."""
    (tmp_path / "prompteval.toml").write_text(text + "\n")
    with pytest.raises(InvalidInput) as raised:
        find_workspace(tmp_path)
    assert told in "\n".join(map(str, raised.value.problems))
