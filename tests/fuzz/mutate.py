"""Hostile values, and what puts them into values, texts and bytes. All chance comes from the `Random` handed in."""

import copy
import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

_RAW = "@raw@"
_TOKEN = re.compile(rf'"{_RAW}((?:[^"\\\\]|\\\\.)*?){_RAW}"')


def raw(token: str) -> str:
    """A value that is written into JSON or YAML as it is, quotes or none."""
    return f"{_RAW}{token}{_RAW}"


def is_raw(value: Any) -> bool:
    """Whether a value is a raw token, which only `written` turns into what it stands for."""
    return isinstance(value, str) and value.startswith(_RAW)


def utf8(text: str) -> bytes:
    """The bytes of a text, halves of characters included."""
    return text.encode("utf-8", "surrogatepass")


# What files, servers and models were seen to send, or could: numbers out of range, halves of characters,
# escapes, formulas, markup, paths, patterns without end, nesting without end.
SCALARS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 2**64, 10**30, 0.5, -0.0, 1e-320, 1e308, "",
    raw("1e999"), raw("-1e999"), raw("NaN"), raw("Infinity"), raw("9" * 400), raw("9" * 5000), raw("-" + "9" * 400),
    raw("0." + "3" * 5000), raw("1" + "0" * 308 + ".5"), raw(".inf"), raw(".nan"), raw("0x" + "f" * 600), raw("010"),
    raw('"\\ud800"'), raw('"a\\u0000b"'), raw('"\\udfff\\ud800"'), raw("'"), raw("*a"), raw("&a [*a]"), raw("!!python/none"),
    " ", "\n", "a\x1b[31mb", "\u202eabc", "\u2028", "::error::x", "=1+1", "</script><b>", "@everyone", "../../outside.json",
    "/nonexistent/x", "a/b", "a\\b", ".", "..", "-", "--help", "C:\\x", "(a+)+$", "(", "[", "{{ 7*7 }}", "{% for x in y %}", "{{",
    "x" * 5000, "é" * 300, "\U0001f600", "ﬁ", "İ", "no", "1.10", "12:30", "2024-01-01", "nan", "inf", "1e999", "9" * 400,
    "http://127.0.0.1:9/", "http://[::1", "os:system", "a:b", ":", "a@v1", "a@v0", "a@git:HEAD", "last", "sk-" + "a1B2" * 12,
    "accuracy", "accuracy >= 0.5", "accuracy >= 1e999", "f1(average=macro)", "pass@0", "pass@99999999999999999999", "x(y=z",
    "slice(a).accuracy >= 0", "recall@5", "retrieval.recall@5", "mean(scorer=x)", "exact", "bm25", "none",
)  # fmt: skip


def large(rng: Random) -> Any:
    """What takes long where time grows faster than the text: one character, pair or key, very often."""
    pick = rng.randrange(4)
    if pick == 0:
        return {f"k{i}": 1 for i in range(3000)}
    if pick == 1:
        return ["a"] * 5000
    return rng.choice((".", "(", "a ", "a, ", "<b>", "\u0301", "*", "$", "-", "[1]", "é")) * rng.choice(
        (2_000, 30_000)
    )


def nested(depth: int, rng: Random) -> str:
    """Lists or objects inside each other, as a raw token."""
    return raw("[" * depth + "]" * depth if rng.random() < 0.5 else '{"a":' * depth + "1" + "}" * depth)


def hostile(rng: Random) -> Any:
    """One value that is probably not what is wanted."""
    pick = rng.random()
    if pick < 0.75:
        return rng.choice(SCALARS)
    if pick < 0.80:
        return nested(rng.choice((90, 101, 300, 1200, 20_000)), rng)
    if pick < 0.82:
        return large(rng)
    if pick < 0.90:
        return [hostile(rng) for _ in range(rng.randrange(3))]
    return {
        str(rng.choice(("", "a", "id", "kind", "value", 5, "é"))): hostile(rng)
        for _ in range(rng.randrange(3))
    }


def of_type(value: Any, rng: Random) -> Any:
    """A hostile value of the same type, which a check of types lets pass."""
    if isinstance(value, str):
        return rng.choice([one for one in SCALARS if isinstance(one, str)])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return rng.choice(
            [one for one in SCALARS if isinstance(one, int | float) and not isinstance(one, bool)]
        )
    return hostile(rng)


def mutated(value: Any, rng: Random, times: int = 1) -> Any:
    """A copy of JSON values with `times` of its places replaced, dropped, doubled, renamed or wrapped."""
    whole = [copy.deepcopy(value)]
    for _ in range(times):
        places = _places(whole)
        # The whole itself now and then; more often would try little else of a small value.
        holder, key = rng.choice(places[1:]) if len(places) > 1 and rng.random() > 0.03 else places[0]
        _change(holder, key, rng)
    return whole[0]


def _places(root: list[Any]) -> list[tuple[Any, Any]]:
    """(holder, key) of each value, the whole first."""
    found: list[tuple[Any, Any]] = []
    todo: list[Any] = [root]
    while todo:
        item = todo.pop()
        for key in list(item) if isinstance(item, dict) else range(len(item)):
            found.append((item, key))
            if isinstance(item[key], dict | list) and item[key]:
                todo.append(item[key])
    return found


def _change(holder: Any, key: Any, rng: Random) -> None:
    pick = rng.random()
    if pick < 0.30:
        holder[key] = of_type(holder[key], rng)
    elif pick < 0.55:
        holder[key] = hostile(rng)
    elif pick < 0.65:
        holder[key] = [holder[key]] if rng.random() < 0.5 else {"a": holder[key]}
    elif isinstance(holder, dict):
        if pick < 0.75:
            del holder[key]
        elif pick < 0.85:
            holder[rng.choice(("", f"{key} ", f"{key}x", str(hostile(rng))[:40]))] = holder.pop(key)
        else:
            holder[rng.choice(list(holder))] = holder[key]
    elif len(holder) == 1:  # the whole stays one
        holder[key] = hostile(rng)
    elif pick < 0.85:
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        del holder[key]


def written(value: Any) -> str:
    """JSON of values, raw tokens as they are; it is YAML too."""
    return _TOKEN.sub(lambda found: str(json.loads(f'"{found[1]}"')), json.dumps(value, ensure_ascii=False))


TOKENS: tuple[bytes, ...] = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\r\n", b"\n", b"\t", b'"', b"'", b",", b";", b":", b"{", b"}", b"[",
    b"]", b"- ", b"#", b"&", b"*", b"!", b"|", b">", b"<", b"%", b"@", b"`", b"\x1b[2J", b"1e999", b"NaN", b"null", b"\xc3",
    b"9" * 400, b"[" * 2000, b"<a " * 500, b"&#0;", b"&#x110000;", b"\\ud800", "\u2028".encode(), "\u202e".encode(), b"---\n",
)  # fmt: skip


def spoilt(data: bytes, rng: Random, times: int = 1) -> bytes:
    """Bytes with `times` cuts, insertions, repetitions, swaps or flipped bits."""
    for _ in range(times):
        at = rng.randrange(len(data) + 1)
        until = min(len(data), at + rng.choice((1, 1, 2, 8, 40, 400)))
        data = rng.choice(_SPOILING)(data, at, until, rng)
    return data


_SPOILING: tuple[Callable[[bytes, int, int, Random], bytes], ...] = (
    lambda data, at, until, rng: data[:at] + data[until:],
    lambda data, at, until, rng: data[:at] + rng.choice(TOKENS) + data[at:],
    lambda data, at, until, rng: data[:at] + rng.choice(TOKENS) + data[until:],
    lambda data, at, until, rng: data[:at] + data[at:until] * rng.choice((2, 3, 50)) + data[until:],
    lambda data, at, until, rng: data[:at],
    lambda data, at, until, rng: (
        data[:at] + bytes(b ^ (1 << rng.randrange(8)) for b in data[at:until]) + data[until:]
    ),
    lambda data, at, until, rng: data[:at] + rng.randbytes(until - at) + data[until:],
)


def lines_mutated(text: str, rng: Random) -> bytes:
    """JSON lines of which one or two are mutated as values, now and then spoilt as bytes, doubled or dropped."""
    lines: list[bytes] = [line.encode() for line in text.split("\n") if line.strip()]
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(lines))
        pick = rng.random()
        if pick < 0.8:
            value = mutated(json.loads(text.split("\n")[at]), rng, rng.choice((1, 1, 2)))
            lines[at] = utf8(written(value))
        elif pick < 0.9:
            lines[at] = spoilt(lines[at], rng)
        else:
            lines[at : at + 1] = [lines[at]] * rng.choice((0, 2)) if len(lines) > 1 else [b""]
            break  # the places after it are others now
    return b"\n".join(lines) + b"\n"
