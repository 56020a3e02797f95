"""What a TCP connection carries, and which side is the client: decided from its octets alone.

Nothing here looks at a port. `look` is asked again as octets come in, until it knows.
"""

from typing import Final, Literal, NamedTuple

from h2proof.oracle.importers.capture import roles, upgrade
from h2proof.oracle.importers.capture.plausible import chain, first_frame
from h2proof.sim.codec import HEADER_LENGTH, PREFACE, read_header

What = Literal["http2", "tls", "upgrade", "other"]
Mode = Literal["preface", "frames", "garbage", "search"]

DECIDE_OCTETS_MAX: Final = 64 << 10
"""So much of both sides together must be enough to decide."""
LATE_TLS: Final = "TLS of which the handshake is not in the capture"
_SETTINGS: Final = 4
_TLS_HANDSHAKE: Final = 0x16
_CLIENT_HELLO: Final = 1
_SERVER_HELLO: Final = 2


class Head:
    """The first octets of one side."""

    __slots__ = ("ended", "holed", "octets", "started")

    def __init__(self) -> None:
        self.octets = bytearray()
        self.started = True
        """Whether they are its very first."""
        self.holed = False
        """Whether a hole follows them."""
        self.ended: int | None = None
        """The packet in which it ended."""


class Decision(NamedTuple):
    """What it is; the client as an index into the heads; how each side's octets begin."""

    what: What
    client: int = 0
    modes: tuple[Mode, Mode] = ("frames", "frames")
    reason: str = ""
    late: bool = False


def look(heads: tuple[Head, Head], *, final: bool) -> Decision | None:
    """The decision, or None while more octets could tell; never None when `final`."""
    undecided = False
    for side, head in enumerate(heads):
        octets = head.octets
        if octets.startswith(PREFACE):
            return _http2(side, "preface", "frames")
        if octets and PREFACE.startswith(octets):
            if final and len(octets) >= 4:
                return _http2(side, "preface", "frames")
            undecided = True
        decision = _tls(side, octets) or upgrade_of(side, heads, final=final)
        if decision is not None:
            return decision
        undecided = undecided or upgrade.may_follow(octets)
    if undecided and not final:
        return None
    return _by_settings(heads, final=final) or _late(heads, final=final) or _other(heads, final)


def upgrade_of(side: int, heads: tuple[Head, Head], *, final: bool) -> Decision | None:
    """The decision if this side asked for an upgrade and the answer is known."""
    answer = upgrade.answered(heads[side].octets, heads[1 - side].octets)
    if answer is None:
        return None
    if answer:
        return Decision("upgrade", side, ("frames", "preface") if side else ("preface", "frames"))
    return Decision("other", reason="HTTP/1.x")


def _http2(client: int, mode: Mode, server_mode: Mode, *, late: bool = False) -> Decision:
    modes = (server_mode, mode) if client else (mode, server_mode)
    return Decision("http2", client, modes, late=late)


def _tls(side: int, octets: bytearray) -> Decision | None:
    if len(octets) < 6 or not 20 <= octets[0] <= 23 or octets[1] != 3 or octets[2] > 4:
        return None
    if octets[0] == _TLS_HANDSHAKE and octets[5] in (_CLIENT_HELLO, _SERVER_HELLO):
        return Decision("tls", side if octets[5] == _CLIENT_HELLO else 1 - side)
    return Decision("other", reason=LATE_TLS)


def starts_with_settings(octets: bytearray) -> bool:
    """Whether these octets begin like a server's first frame."""
    if len(octets) < HEADER_LENGTH:
        return False
    header = read_header(octets)
    ordinary = header.type == _SETTINGS and not header.flags and not header.stream
    return ordinary and chain(octets, 0) != "no"


def _by_settings(heads: tuple[Head, Head], *, final: bool) -> Decision | None:
    """A side that begins with SETTINGS is a server, unless both do."""
    if not (heads[0].started and heads[1].started):
        return None
    first, second = (starts_with_settings(head.octets) for head in heads)
    if first and second:  # no preface at all: the opener of the connection owed it
        client = roles.client_of(heads[0].octets, heads[1].octets)
        return _http2(0 if client is None else client, "frames", "frames")
    if not (first or second):
        return None
    client = 0 if second else 1
    if len(heads[client].octets) >= len(PREFACE):
        return _http2(client, "garbage", "frames")
    return _http2(client, "preface", "frames") if final else None


def _late(heads: tuple[Head, Head], *, final: bool) -> Decision | None:
    """Frames in the middle of a connection."""
    if heads[0].started and heads[1].started:
        return None
    places = [first_frame(head.octets, 0, [0], ended=final) for head in heads]
    if not any(certain for _, certain in places):
        return None
    found = [
        head.octets[place:] if certain else bytearray()
        for head, (place, certain) in zip(heads, places, strict=True)
    ]
    client = roles.client_of(found[0], found[1])
    if client is None and final:
        client = _left_first(heads, found)
    if client is not None:
        return _http2(client, "search", "search", late=True)
    if final:
        return Decision("other", reason="HTTP/2 in which nothing tells the client from the server")
    return None


def _left_first(heads: tuple[Head, Head], found: list[bytearray]) -> int | None:
    """The side that said nothing, and ended its octets before the one whose frames were seen.

    It was waiting for a response. A server that takes in a request, answers nothing and leaves
    before its client does would look the same, and is not known to exist.
    """
    for silent, speaking in ((0, 1), (1, 0)):
        first, second = heads[silent].ended, heads[speaking].ended
        if not found[speaking] or heads[silent].octets or first is None:
            continue
        if second is None or first < second:
            return silent
    return None


def _other(heads: tuple[Head, Head], final: bool) -> Decision | None:
    octets = len(heads[0].octets) + len(heads[1].octets)
    if final:
        return Decision("other", reason="not HTTP/2" if octets else "no octets")
    if any(not head.started for head in heads):
        return None
    # a server may speak first, so the client's first octets have to be waited for
    enough = all(len(head.octets) >= len(PREFACE) for head in heads)
    return Decision("other", reason="not HTTP/2") if enough else None
