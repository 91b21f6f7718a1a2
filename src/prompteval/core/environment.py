"""What the environment names as a secret, so that it is hidden wherever it comes back."""

import os
import re

from prompteval.core.address import remember_address
from prompteval.core.secret import remember

_NAMES = frozenset({"KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PAT", "APIKEY", "CREDENTIAL"})
# Letters and digits, and long: a setting that only is called a key is a word.
_RANDOM = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])\S{12,}")


def remember_environment() -> None:
    """Know the values of variables that are named as secrets, and the passwords in addresses."""
    for name, value in os.environ.items():
        if "://" in value:
            remember_address(value)
        elif name.upper().rpartition("_")[2] in _NAMES and _RANDOM.fullmatch(value):
            remember(value)
