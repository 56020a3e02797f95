"""Credit for a request's content: what was read, and at once what nobody will read.

It knows no stream tables: servers say whose content it is.
"""

from h2proof.sim.endpoint import Peer
from h2proof.sim.notices import DataReceived
from h2proof.sim.servers.body import RequestBody
from h2proof.sim.streams import State


def grant(peer: Peer, stream: int, octets: int) -> None:
    """Credit to the client, where it can still use it; stream 0 is the connection."""
    if peer.closed or not octets:
        return
    if stream == 0 or peer.state(stream) in (State.OPEN, State.HALF_CLOSED_LOCAL):
        peer.credit(stream, octets)


def take_data(peer: Peer, body: RequestBody | None, notice: DataReceived) -> None:
    """Content for a handler; padding, and what nobody waits for, is credited at once."""
    overhead = notice.flow_controlled_length - (len(notice.data) if body is not None else 0)
    grant(peer, 0, overhead)
    if body is not None:
        grant(peer, notice.stream, overhead)
        body.feed(notice.data)
        if notice.end_stream:
            body.end()
