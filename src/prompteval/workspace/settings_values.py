"""What a value of the settings must be, as validators of its field."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from prompteval.core.secret import find_secret
from prompteval.workspace.profile_faults import Fault
from prompteval.workspace.server_keys import server_fault
from prompteval.workspace.store_place import ADDRESS_VARIABLE, POSTGRES, is_address, misspelled_fix
from prompteval.workspace.validation import problem

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_variable(name: str) -> bool:
    return _VARIABLE.fullmatch(name) is not None and find_secret(name) is None


def is_module(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def is_name_of(key: str, what: str, is_name: Callable[[str], bool]) -> BeforeValidator:
    """Refuses what is not a name, and does not repeat a credential."""

    def check(value: object) -> object:
        if isinstance(value, str) and is_name(value):
            return value
        shown = "a credential" if isinstance(value, str) and find_secret(value) else repr(value)
        raise problem(f"{key} holds {shown}, which is not the name of {what}")

    return BeforeValidator(check)


def key_variable(value: object) -> object:
    if isinstance(value, str) and not is_variable(value):
        help = 'set the variable, and write its name: api_key_env = "OUR_KEY"'
        raise problem("{name} is the name of a variable, not the key itself", help)
    return value


def faultless(fault_of: Callable[[str], Fault | None], example: str = "") -> AfterValidator:
    """Refuses a text that has a fault, with its fix, or `example` where it has none."""

    def check(value: str) -> str:
        if fault := fault_of(value):
            raise problem("{name} " + fault[0], fault[1] or example)
        return value

    return AfterValidator(check)


def store_named(store: str) -> str:
    if is_address(store):
        help = f'write store = "{POSTGRES}", and set the address in {ADDRESS_VARIABLE}'
        raise problem("{name} holds the address of a database, which no file of a repository has", help)
    if fix := misspelled_fix(store):
        raise problem(f"{{name}} is {store!r}", fix)
    return store


def server_key(key: str) -> AfterValidator:
    """One of the keys that say what the server is. Variables are checked against `env` by the whole file."""

    def check(value: Any) -> object:
        allowed = tuple(value.values()) if key == "headers_env" else ()
        if fault := server_fault(key, value, allowed):
            raise problem("{name} " + fault[0], fault[1])
        return value

    return AfterValidator(check)


def one_of(names: Iterable[str]) -> WithJsonSchema:
    """The names that a key may have, for its schema; `server_key` refuses others."""
    return WithJsonSchema({"enum": list(names)})
