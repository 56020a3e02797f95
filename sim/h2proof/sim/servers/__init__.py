"""Servers: what stands between a connection and a handler. All are in `SERVERS`.

They see a `Peer` and a transport, never the connection behind.
"""

from collections.abc import Mapping
from typing import Final

from h2proof.sim.servers import go, plain
from h2proof.sim.servers.model import ServerModel

GO: Final = (
    "golang.org/x/net http2/server.go 0ca694d2, run as in Go 1.25.5 and 1.27.3 "
    "(push-handlers.md part 4)"
)

SERVERS: Final[Mapping[str, ServerModel]] = {
    "go": ServerModel("go", "Go's net/http2 server", "run", GO, go.serve),
    "plain": ServerModel(
        "plain", "a server that sends as it is told", "read", "this project", plain.serve
    ),
}

__all__ = ["SERVERS", "ServerModel"]
