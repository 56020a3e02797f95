"""The world: what may happen on an HTTP/2 connection. The public names, nothing else.

They are bound here and now, not on first use: `responder` is a function and the name of its module,
and whoever imports that module first would otherwise make the name mean the module.
"""

from h2proof.sim.connection import Connection
from h2proof.sim.endpoint import Endpoint, Peer
from h2proof.sim.errors import ErrorCode, Fault, IllegalSend
from h2proof.sim.limits import Limits
from h2proof.sim.requester import Requester
from h2proof.sim.responder import Responder, responder
from h2proof.sim.settings import Setting
from h2proof.sim.streams import State
from h2proof.sim.upgrade import Upgrade

__all__ = [
    "Connection",
    "Endpoint",
    "ErrorCode",
    "Fault",
    "IllegalSend",
    "Limits",
    "Peer",
    "Requester",
    "Responder",
    "Setting",
    "State",
    "Upgrade",
    "responder",
]
