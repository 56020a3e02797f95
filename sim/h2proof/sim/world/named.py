"""Handlers and servers by name: a row of a table, or `package.module:callable`.

What is named is imported, never called here; a name that leads nowhere is a ValueError of one
sentence that says where to look. The tables are loaded when a name is looked up: a world that is
given its handler and its server needs neither.
"""

import importlib
from collections.abc import Callable
from inspect import iscoroutinefunction, isfunction
from typing import TYPE_CHECKING, Any

from h2proof.sim.handlers.model import HandlerModel

if TYPE_CHECKING:
    from h2proof.sim.servers import ServerModel


def handler_named(name: str) -> HandlerModel | Callable[..., Any]:
    """A row of HANDLERS, or the callable that `package.module:callable` names."""
    from h2proof.sim.handlers import CHAINS, HANDLERS, STAGES

    if name in HANDLERS:
        return HANDLERS[name]
    if ":" not in name:
        raise ValueError(
            f"no handler {name!r}; there are page, {', '.join(STAGES)}, the latter also with "
            f"{', '.join(filter(None, CHAINS))}, and your own by package.module:callable"
        )
    found = imported(name)
    if not callable(found) and not isinstance(found, HandlerModel):
        what = type(found).__name__
        raise ValueError(f"{name} is {what}, not a handler that can be called")  # noqa: TRY004
    if isfunction(found) and not iscoroutinefunction(found):
        raise ValueError(f"{name} is not async; a handler is an `async def` of (w, r)")
    handler: HandlerModel | Callable[..., Any] = found
    return handler


def server_named(name: str) -> "ServerModel":
    """A row of SERVERS."""
    from h2proof.sim.servers import SERVERS

    if name not in SERVERS:
        raise ValueError(f"no server {name!r}; there are {', '.join(SERVERS)}")
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
