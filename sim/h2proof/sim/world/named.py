"""Handlers and servers by name: a row of a table, or `package.module:callable`.

What is named is imported, never called here; a name that leads nowhere is a ValueError of one
sentence that says where to look. The tables are loaded when a name is looked up: a world that is
given its handler and its server needs neither.
"""

import importlib
from collections.abc import Callable
from functools import lru_cache
from inspect import iscoroutinefunction, isfunction
from typing import TYPE_CHECKING, Any

from h2proof.sim.handlers.model import HandlerModel
from h2proof.sim.naming import no_such

if TYPE_CHECKING:
    from h2proof.sim.servers import ServerModel


def handler_named(name: str) -> HandlerModel | Callable[..., Any]:
    """A row of HANDLERS, or the callable that `package.module:callable` names."""
    from h2proof.sim.handlers import HANDLERS

    if name in HANDLERS:
        return HANDLERS[name]
    if ":" not in name:
        there_are = f"there are {handler_names()}, and your own by package.module:callable"
        raise ValueError(no_such("handler", name, HANDLERS, there_are))
    found = imported(name)
    if not callable(found) and not isinstance(found, HandlerModel):
        what = type(found).__name__
        raise ValueError(f"{name} is {what}, not a handler that can be called")  # noqa: TRY004
    if isfunction(found) and not iscoroutinefunction(found):
        raise ValueError(f"{name} is not async; a handler is an `async def` of (w, r)")
    handler: HandlerModel | Callable[..., Any] = found
    return handler


def handler_names() -> str:
    """The rows of HANDLERS in a few words."""
    from h2proof.sim.handlers import CHAINS, STAGES

    with_layers = ", ".join(filter(None, CHAINS))
    return f"page, {', '.join(STAGES)}, the latter also with {with_layers}"


@lru_cache(maxsize=64)
def server_named(name: str) -> "ServerModel":
    """A row of SERVERS."""
    from h2proof.sim.servers import SERVERS

    if name not in SERVERS:
        raise ValueError(no_such("server", name, SERVERS))
    return SERVERS[name]


def imported(name: str) -> Any:
    """What `package.module:attribute` names, attributes of attributes too; ValueError if nothing."""
    module, _, path = name.partition(":")
    try:
        found = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001  a module may do anything
        why = f"{type(error).__name__}: {error}".replace("\n", " ")
        raise ValueError(f"{name}: module {module!r} cannot be imported ({why})") from None
    for attribute in path.split("."):
        if not hasattr(found, attribute):
            raise ValueError(f"{name}: module {module!r} has no {path!r}")
        found = getattr(found, attribute)
    return found
