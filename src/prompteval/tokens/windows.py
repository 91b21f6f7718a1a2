"""How many tokens a model reads and writes in all, as data; a model that is not here is not known."""

# Context windows as OpenAI's model pages state them (platform.openai.com/docs/models, read 2025).
# Longest prefix first where one is the start of another.
WINDOWS: tuple[tuple[str, int], ...] = (
    ("gpt-5", 400_000), ("gpt-4.1", 1_047_576), ("gpt-4o", 128_000), ("chatgpt-4o", 128_000),
    ("gpt-4-turbo", 128_000), ("gpt-4-32k", 32_768), ("gpt-4", 8_192), ("gpt-3.5-turbo-instruct", 4_096),
    ("gpt-3.5-turbo", 16_385), ("gpt-oss", 131_072), ("o1", 200_000), ("o3", 200_000), ("o4", 200_000),
)  # fmt: skip


def window_of(model: str) -> int | None:
    """The context window of a model in tokens, with or without its provider's name; None where unknown."""
    name = model.rpartition("/")[2].removeprefix("ft:").lower()
    for prefix, window in WINDOWS:
        if name == prefix or name.startswith((prefix + "-", prefix + ":", prefix + ".")):
            return window
    return None
