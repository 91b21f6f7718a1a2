"""Credentials: those that were typed where they do not belong, and those that this process was given.

Whoever reads a key from the environment does it by `from_environment`. `hide` takes it, and all that has
the shape of a key, out of each text that a server, an application or an exception gives back, before the
text is cut, scored, stored or shown.
"""

import os
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from prompteval.core.text import percent_encoded

# Published shapes of keys: OpenAI and compatible, GitHub, AWS, Google, Slack, GitLab, Stripe, Hugging Face,
# Groq, xAI. Each begins with something that is quickly looked for.
_OPENAI: Final = r"sk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{16,}"
_OTHERS: Final = (
    r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[A-Za-z0-9_-]{35}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|glpat-[A-Za-z0-9_-]{20,}|[rs]k_live_[A-Za-z0-9]{20,}"
    r"|hf_[A-Za-z0-9]{30,}|gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{60,}"
)
_PRIVATE_KEY: Final = r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
# The header alone is what code looks for, or an example in a docstring: a key follows it within a few marks.
# Behind markup or other lines, before the next mark of PEM, it begins as in DER, or is mixed as base64 is.
_KEY_FOLLOWS: Final = (
    r"(?=(?:\\[nr]|[^A-Za-z0-9+/]){0,40}[A-Za-z0-9+/]{16}"
    r"|(?:[^-]|-(?!----)){0,400}?(?:Proc-Type|(?:(?<![A-Za-z0-9+/])|(?<=\\[nr]))"
    r"(?:M(?:I[A-Z]|HcC|HQC|C4C)[A-Za-z0-9+/]{12}"
    r"|(?=[a-z0-9+/]{0,60}[A-Z])(?=[A-Za-z+/]{0,60}[0-9])[A-Za-z0-9+/]{32})))"
)
# Where one of them may be, found by its one character that is rare in other texts: searched for first, since
# nearly every text has none, and a pattern that begins with a single character is found ten times as fast.
_MAYBE = tuple(
    re.compile(pattern).search
    for pattern in (
        r"-(?:(?<=sk-)|(?<=xox[abeprs]-)|(?<=glpat-)|(?<=xai-)|(?<=PRIVATE KEY-))",
        r"_(?:(?<=gh[pousr]_)|(?<=github_pat_)|(?<=k_live_)|(?<=hf_)|(?<=gsk_))",
        r"A(?:KIA|SIA|Iza)",
        r"\.(?=eyJ)",
    )
)
# As a person types them: at the beginning of a word.
_TYPED = re.compile(rf"\b(?:{_OPENAI}|{_OTHERS})|{_PRIVATE_KEY}{_KEY_FOLLOWS}")
# As they are in what comes back, with anything before and behind. Inside a word `sk-` needs a digit and a
# long run, which tell a key from `risk-averse-but-fine`; a private key goes to its end; a web token too.
_ANYWHERE = re.compile(
    rf"\b{_OPENAI}|{_OTHERS}"
    r"|sk-(?=[A-Za-z_-]{0,48}[0-9])(?=[A-Za-z0-9_-]{0,24}?[A-Za-z0-9]{12})[A-Za-z0-9_-]{16,}"
    rf"|{_PRIVATE_KEY}(?:[^-]|-(?!----))*+(?:-----END [A-Z ]{{0,40}}PRIVATE KEY-----)?"
    r"|(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{10,}+\.eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}"
)
# What local servers are given where they want a key and check none.
_PLACEHOLDERS = frozenset(
    {"not-needed", "no-key-required", "sk-no-key-required", "lm-studio", "placeholder", "dummy-key"}
)
_SECRET_NAME = re.compile(r"auth|key|token|secret|cookie|passw|credential|signature|^sig$|^code$", re.I)
_ESCAPED = re.compile(
    r"%([0-9a-f]{2})|\\u00([0-9a-f]{2})|\\x([0-9a-f]{2})|&#x0{0,4}([0-9a-f]{2});|&#0{0,4}([0-9]{2,3});"
)
# A longer text is not searched for escapes of single characters, which takes long where it is made of them.
_MOST_ESCAPED: Final = 200_000

SHORTEST: Final = 8


def find_secret(text: str) -> tuple[int, str] | None:
    """(offset, redacted form) of the first thing in `text` that looks like a credential, else None."""
    match = _TYPED.search(text)
    return None if match is None else (match.start(), redacted(match[0]))


def find_secrets(text: str) -> Iterator[tuple[int, str]]:
    """(offset, redacted form) of everything in `text` that looks like a credential."""
    for match in _TYPED.finditer(text):
        yield match.start(), redacted(match[0])


def secret_places(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of everything that `hide` takes for the shape of a key, with anything around it."""
    if _may_hold_shape(text):
        yield from (match.span() for match in _ANYWHERE.finditer(text))


def redacted(secret: str) -> str:
    """The first characters, enough to find it and no more than a quarter, and its length."""
    return f"{secret[: min(6, len(secret) // 4)]}…({len(secret)} characters)"


class Redactor:
    """Takes out of texts what it was given to know, in any spelling, and all that has the shape of a key.

    Spellings are: either case, percent, JSON and HTML escapes, hexadecimal, and base64 at each offset. A
    known one of under eight characters, or a usual placeholder, stays: it is a word such as `EMPTY`.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._forms: tuple[str, ...] = ()
        self._shown: list[str] = []
        self._pattern: re.Pattern[str] | None = None

    def remember(self, *secrets: str) -> None:
        """Know these from now on."""
        new = {secret.strip() for secret in secrets} - self._known.keys() - _PLACEHOLDERS
        for secret in new:
            if len(secret) >= SHORTEST:
                self._known[secret] = redacted(secret)
                self._forms = tuple({*self._forms, *(form.lower() for form in _spellings(secret))})
                self._pattern = None

    def hide(self, text: str) -> str:
        """`text` with every secret cut to its beginning and its length."""
        if _may_hold_shape(text):
            text = _ANYWHERE.sub(lambda match: redacted(match[0]), text)
        return self._without_known(text) if self._holds_known(text) else text

    def hide_all(self, value: object) -> object:
        """A JSON value with `hide` applied to every text in it, keys too; itself where none holds a secret.

        All texts are searched at once: nearly always there is nothing to hide.
        """
        if isinstance(value, str):
            return self.hide(value)
        joined = "\n".join(_texts(value))
        if len(joined) <= _MOST_ESCAPED and not self.holds(joined):
            return value
        return self._hidden(value)

    def _hidden(self, value: object) -> object:
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, Mapping):
            return {self._hidden(key): self._hidden(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(self._hidden, value)) if value else value
        return value

    def holds(self, text: str) -> bool:
        """Whether there may be anything to hide in a text or in the JSON value that it is the text of."""
        return _may_hold_shape(text) or self._holds_known(text)

    def _holds_known(self, text: str) -> bool:
        if not self._forms:
            return False
        lowered = text.lower()
        if self._in(lowered):
            return True
        if "\\/" in lowered and self._in(lowered.replace("\\/", "/")):
            return True
        escaped = "%" in lowered or "\\u00" in lowered or "\\x" in lowered or "&#" in lowered
        if escaped and len(lowered) <= _MOST_ESCAPED:
            return self._in(_ESCAPED.sub(_unescaped, lowered))
        return False

    def _in(self, lowered: str) -> bool:
        for form in self._forms:  # noqa: SIM110 - the plain loop is twice as fast as any()
            if form in lowered:
                return True
        return False

    def _without_known(self, text: str) -> str:
        if self._pattern is None:
            longest_first = sorted(self._known, key=len, reverse=True)
            self._shown = [self._known[secret] for secret in longest_first]
            self._pattern = re.compile("|".join(map(_any_spelling, longest_first)), re.IGNORECASE)
        return self._pattern.sub(lambda match: self._shown[(match.lastindex or 1) - 1], text)


def _texts(value: object) -> list[str]:
    """Every text in a JSON value, keys too."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, Mapping):
            waiting += one.keys()
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return found


def _may_hold_shape(text: str) -> bool:
    for search in _MAYBE:  # noqa: SIM110 - the plain loop is twice as fast as any()
        if search(text):
            return True
    return False


def _spellings(secret: str) -> Iterator[str]:
    """What the secret may look like in a text, but for escapes of single characters."""
    yield secret
    yield from _coded(secret)
    yield percent_encoded(secret)
    yield secret.replace("\\", "\\\\").replace('"', '\\"')


def _coded(secret: str) -> set[str]:
    """The secret in hexadecimal, and in base64 at each offset without what its neighbours decide."""
    data = secret.encode("utf-8", "surrogatepass")
    found = {data.hex()}
    for shift in range(3):
        padded = b"\0" * shift + data
        for encode in (b64encode, urlsafe_b64encode):
            first, last = (0, 2, 3)[shift], len(padded) // 3 * 4 + (0, 1, 2)[len(padded) % 3]
            found.add(encode(padded).decode("ascii")[first:last])
    return {form for form in found if len(form) >= SHORTEST}


def _any_spelling(secret: str) -> str:
    """A pattern, in a group, for the secret with each character as it is or escaped, and as a code."""
    return f"({'|'.join([''.join(map(_any_character, secret)), *map(re.escape, _coded(secret))])})"


def _any_character(character: str) -> str:
    code = ord(character)
    forms = [re.escape(character), percent_encoded(character), rf"\\u{code:04x}"]
    if character in '"\\/':
        forms.append(re.escape("\\" + character))
    if code < 0x80:
        forms += [f"%{code:02x}", rf"\\x{code:02x}", f"&#x0{{0,4}}{code:x};", f"&#0{{0,4}}{code};"]
    return f"(?:{'|'.join(dict.fromkeys(forms))})"


def _unescaped(match: re.Match[str]) -> str:
    *hexadecimal, decimal = match.groups()
    code = int(decimal) if decimal else int(next(filter(None, hexadecimal)), 16)
    return chr(code).lower()


# Of this process: a key that one part of it was given must not come out of another.
_redactor = Redactor()


def remember(*secrets: str) -> None:
    """Know these in this process from now on."""
    _redactor.remember(*secrets)


def hide(text: str) -> str:
    """`text` with every secret that this process knows, and all that has the shape of one, cut short."""
    return _redactor.hide(text)


def hide_all(value: object) -> Any:
    """A JSON value with `hide` applied to every text in it."""
    return _redactor.hide_all(value)


def holds_secret(text: str) -> bool:
    """Whether `hide` may change a text, or any text of the JSON value that it is the text of."""
    return _redactor.holds(text)


def from_environment(variable: str) -> str:
    """The value of a variable that holds a key, hidden from now on; empty where it is not set.

    White space around it, such as the line break of a file, is not part of it. A name that no variable can
    have is of one that is not set.
    """
    try:
        value = os.environ.get(variable, "").strip()
    except UnicodeEncodeError:
        value = ""
    remember(value)
    return value


def remember_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Know the values of headers, or of a query, that are secrets by their names."""
    for name, value in pairs:
        if is_secret_name(name):
            remember(value, value.rpartition(" ")[2])


def is_secret_name(name: str) -> bool:
    """Whether a header or a part of a query holds a secret, as its name says."""
    return _SECRET_NAME.search(name) is not None
