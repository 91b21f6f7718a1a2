"""Patterns of JavaScript match the same texts in Python."""

import json
import re
import shutil
import subprocess

import pytest

from prompteval.interchange.javascript_regex import python_regex

PATTERNS = [
    "^Oslo", r"\d", "a.b", "^(?:a|b)$", r"(?<n>O)slo\k<n>?", "[[:alpha:]]", r"\p{L}", "^b", "$", "Oslo$", r"\bOslo\b",
    "a{,2}", r"\u0041", "[^]", "[]", "a*?", "a{2}", "a{2,}?", r"\w+", r"[\w-]+$", r"\s", r"[\d.]+", r"\.", r"\/", "a|",
    "(?=O)O", "(?!O).", "(?<=O)s", "(?<!O)s", r"\x41", r"\cJ", r"[\b]", r"\B", r"[\D]", "[a-z&&[x]]", "[--a]", r"\e",
    r"\i\A\Z", r"\0", r"(a)\1", "x{1", "{", "}", "{a}", "x{1,2", r"\k<n>", r"\k", "^", r"[^\n]", "é", "[à-ü]", "~~|",
    "(?:)", r"\_", r"\u{41}", r"\08", "a{0}", r"\b[A-Z]{2,}\b", r"^\s*\{[\s\S]*\}\s*$", r"\$\d+(?:\.\d{2})?", '[^"]+',
    r"[.*+?^${}()|\]\\]", "^.{1,10}$", "(^|,)x", r"[\s\S]", r"[^\S]", r"[^\Da]", r"[a\D]+$", r"[^\s\S]",
]  # fmt: skip
TEXTS = [
    "Oslo", "oslo", "a\nb", "b\n", "aXb", "42", "٤٢", "é", "_", "a\u2028b", "", "A", "\ufeff", "\x1c", "aa", "xx", "bcx",
    "{", "}", "{a}", "[[:]", "pL", "p{L}", "a:]", "-", "&", "\\", "i A Z", "iAZ", "e", "x{1", "x{1,2", "k", "k<n>", "\x00",
    "\n", "\x08", "straße Oslo!", "AB cd", "$5.00", "{\n}\n", "x,y", '"q"', "~~", "11", "08", "\x01", "\x85", "a\rb",
]  # fmt: skip
REFUSED = [
    "(?i)oslo",
    "a++",
    "a{2}+",
    "(?P<n>a)",
    "(?>a)",
    "(?#x)a",
    "*a",
    "(a",
    "a)",
    "[z-a]",
    "\\",
    "(?<n",
    "[a",
    "[[",
]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_same_texts_match_as_in_node() -> None:
    """Every pattern on every text; what node refuses is refused."""
    code = "const [P,T]=JSON.parse(require('fs').readFileSync(0));console.log(JSON.stringify(P.map(p=>{try{const r=new RegExp(p);return T.map(t=>r.test(t))}catch(e){return null}})))"
    given = json.dumps([PATTERNS + REFUSED, TEXTS])
    done = subprocess.run(["node", "-e", code], input=given, capture_output=True, text=True, check=True)
    wanted = dict(zip(PATTERNS + REFUSED, json.loads(done.stdout), strict=True))
    assert [pattern for pattern in REFUSED if wanted[pattern] is not None] == []
    for pattern in PATTERNS:
        found = python_regex(pattern)
        assert [re.search(found, text) is not None for text in TEXTS] == wanted[pattern], (pattern, found)


@pytest.mark.parametrize("pattern", [*REFUSED, "(?<=a|bc)x", r"\1"])
def test_what_is_none_of_javascript_or_has_no_like_in_python_is_refused(pattern: str) -> None:
    """Rather than matched as something else."""
    with pytest.raises(ValueError, match=r".+"):
        python_regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("Oslo$", "Oslo\n", False),  # `$` of Python is before the last newline too
        (r"^\d+$", "٤٢", False),  # digits are those of ASCII
        (r"\bé", "é", False),  # so are words
        ("(?<city>Oslo)", "in Oslo", True),
        ("a{,2}", "a{,2}", True),  # no repeat
        ("a{,2}", "aa", False),
        ("[[]", "[", True),  # no nested set, and no warning of one
        (r"[\s\S]{3}", "a\nb", True),
    ],
)
def test_where_the_two_differ_javascript_is_followed(pattern: str, text: str, matches: bool) -> None:
    """As node decides them."""
    assert (re.search(python_regex(pattern), text) is not None) == matches
