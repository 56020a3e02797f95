"""The world: what may happen on an HTTP/2 connection. The public names, nothing else.

Names come when they are first used (PEP 562): whoever reads traces only, as the judge does, does
not wait for the connection. So no module may have the name of a public function.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from h2proof.sim.connection import Connection
    from h2proof.sim.endpoint import Endpoint, Peer
    from h2proof.sim.errors import ErrorCode, Fault, IllegalSend
    from h2proof.sim.limits import Limits
    from h2proof.sim.notices import (
        AltSvcReceived,
        ConnectionFailed,
        DataReceived,
        GoAwayReceived,
        InformationalReceived,
        Notice,
        OriginReceived,
        PingAcknowledged,
        PingReceived,
        PriorityUpdated,
        PromiseReceived,
        RequestReceived,
        ResponseReceived,
        SettingsAcknowledged,
        SettingsReceived,
        StreamFailed,
        StreamReset,
        TrailersReceived,
        WindowOpened,
    )
    from h2proof.sim.requester import Requester
    from h2proof.sim.respond import Responder, responder
    from h2proof.sim.settings import Setting
    from h2proof.sim.streams import State
    from h2proof.sim.upgrade import Upgrade

_HOME: Final = {
    "AltSvcReceived": "notices",
    "Connection": "connection",
    "ConnectionFailed": "notices",
    "DataReceived": "notices",
    "Endpoint": "endpoint",
    "ErrorCode": "errors",
    "Fault": "errors",
    "GoAwayReceived": "notices",
    "IllegalSend": "errors",
    "InformationalReceived": "notices",
    "Limits": "limits",
    "Notice": "notices",
    "OriginReceived": "notices",
    "Peer": "endpoint",
    "PingAcknowledged": "notices",
    "PingReceived": "notices",
    "PriorityUpdated": "notices",
    "PromiseReceived": "notices",
    "RequestReceived": "notices",
    "Requester": "requester",
    "Responder": "respond",
    "ResponseReceived": "notices",
    "Setting": "settings",
    "SettingsAcknowledged": "notices",
    "SettingsReceived": "notices",
    "State": "streams",
    "StreamFailed": "notices",
    "StreamReset": "notices",
    "TrailersReceived": "notices",
    "Upgrade": "upgrade",
    "WindowOpened": "notices",
    "responder": "respond",
}

__all__ = [
    "AltSvcReceived",
    "Connection",
    "ConnectionFailed",
    "DataReceived",
    "Endpoint",
    "ErrorCode",
    "Fault",
    "GoAwayReceived",
    "IllegalSend",
    "InformationalReceived",
    "Limits",
    "Notice",
    "OriginReceived",
    "Peer",
    "PingAcknowledged",
    "PingReceived",
    "PriorityUpdated",
    "PromiseReceived",
    "RequestReceived",
    "Requester",
    "Responder",
    "ResponseReceived",
    "Setting",
    "SettingsAcknowledged",
    "SettingsReceived",
    "State",
    "StreamFailed",
    "StreamReset",
    "TrailersReceived",
    "Upgrade",
    "WindowOpened",
    "responder",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
