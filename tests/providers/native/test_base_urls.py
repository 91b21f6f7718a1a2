"""Where the native APIs are asked at: the base URL that is given, and the version of the API behind it."""

import pytest

from prompteval.providers.hosted.server import ANTHROPIC, GEMINI, NativeApi
from prompteval.workspace.settings import ModelProfile


@pytest.mark.parametrize(
    ("api", "given", "asked"),
    [
        (ANTHROPIC, "https://gw", "https://gw/v1/x"),
        (ANTHROPIC, "https://gw/v1/", "https://gw/v1/x"),
        (ANTHROPIC, "https://gw/v1?tenant=a", "https://gw/v1/x?tenant=a"),
        (ANTHROPIC, "https://gw?path=/v1", "https://gw/v1/x?path=/v1"),
        (ANTHROPIC, "https://v1", "https://v1/v1/x"),
        (ANTHROPIC, "https://gw/apiv1", "https://gw/apiv1/v1/x"),
        (GEMINI, "https://gw/?key=a/", "https://gw/v1beta/x?key=a/"),
        (GEMINI, "https://gw/v1", "https://gw/v1/x"),
        (GEMINI, "https://gw/v1alpha#top", "https://gw/v1alpha/x"),
        (GEMINI, "https://gw/v2beta1", "https://gw/v2beta1/x"),
    ],
)
def test_a_version_is_added_once_and_before_the_query(api: NativeApi, given: str, asked: str) -> None:
    """A path that ends with a version of its own stays as it is."""
    profile = ModelProfile("m", base_url=given, api_key_env="OUR_KEY")
    assert api.server_of(profile).url("x") == asked
