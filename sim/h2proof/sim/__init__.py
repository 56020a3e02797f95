"""The world: what may happen on an HTTP/2 connection. The public names, loaded on first use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from h2proof.sim.connection import Connection
    from h2proof.sim.endpoint import Endpoint, Peer
    from h2proof.sim.errors import ErrorCode, Fault, IllegalSend
    from h2proof.sim.limits import Limits
    from h2proof.sim.settings import Setting
    from h2proof.sim.streams import State
    from h2proof.sim.upgrade import Upgrade

_HOMES: Final = {
    "Connection": "connection",
    "Endpoint": "endpoint",
    "ErrorCode": "errors",
    "Fault": "errors",
    "IllegalSend": "errors",
    "Limits": "limits",
    "Peer": "endpoint",
    "Setting": "settings",
    "State": "streams",
    "Upgrade": "upgrade",
}

__all__ = [
    "Connection",
    "Endpoint",
    "ErrorCode",
    "Fault",
    "IllegalSend",
    "Limits",
    "Peer",
    "Setting",
    "State",
    "Upgrade",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
