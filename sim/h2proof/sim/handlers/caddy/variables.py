"""Caddy's variables of a request: a plain map in the request's context (vars.go, C28, C29).

One map a request, shared by every request derived from it. It is not guarded against two tasks.
"""

from typing import Any, Final

from h2proof.sim.handlers.protocol import Context

VARIABLES: Final = "vars"
PUSHED_LINK: Final = "http.handlers.push.pushed_link"
"""True once Links of this request were looked at (C18)."""


def get_variable(context: Context, key: str) -> Any:
    """The value, or None: also where the context has no map."""
    variables = context.value(VARIABLES)
    return None if variables is None else variables.get(key)


def set_variable(context: Context, key: str, value: Any) -> None:
    """Set a value, or nothing where there is no map.

    None deletes a key that is there, and *stores* one that is not (C28).
    """
    variables = context.value(VARIABLES)
    if variables is None:
        return
    if value is None and key in variables:
        del variables[key]
        return
    variables[key] = value
