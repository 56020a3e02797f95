"""Lines that are no frames: prefaces, raw octets, cuts; and what a world tells of itself."""

import re
from collections.abc import Callable
from typing import Final, Literal, get_args

from h2proof.sim.notation.opened import WHO, Open, Said
from h2proof.sim.notation.reading import Words, finish, read_fields
from h2proof.sim.notation.sorting import Shape, sorted_words
from h2proof.sim.notation.words import Refused, octets, shown, texts, unquoted
from h2proof.sim.trace import (
    ConnectionInfo,
    CutHow,
    PrefaceEvent,
    Resource,
    ResourceKind,
    Trace,
)

_RESOURCE: Final = re.compile(
    r'([^\s"#]+|"(?:[^"\\]|\\.)*")#(-?[0-9]{1,999})(?:\.(-?[0-9]{1,999}))?'
)
_TRANSPORTS: Final[dict[str, Literal["h2c", "h2c-upgrade", "tls"]]] = {
    "h2c": "h2c",
    "h2c-upgrade": "h2c-upgrade",
    "tls": "tls",
}
_CUTS: Final[dict[str, CutHow]] = {how: how for how in get_args(CutHow)}
_BIG: Final = 1 << 63

_ON_WIRE: Final = Shape(values=frozenset({"packet", "octets"}))
_TELLS: Final = Shape(
    values=frozenset(
        {
            "client",
            "server",
            "transport",
            "upgrade_settings",
            "fields",
            "event",
            "stream",
            "by",
            "size",
            "chain",
        }
    )
)


# --- of one side ---------------------------------------------------------------------------------


def _packet(given: Words) -> int | None:
    return given.number("packet", 0, _BIG) if "packet" in given.values else None


def _preface(current: Open, said: Said) -> None:
    given = sorted_words(said.parts, _ON_WIRE)
    packet = _packet(given)
    finish(given)
    place = len(current.trace)
    current.trace.append(PrefaceEvent(place, current.at, said.connection, said.sender, packet))


def _raw(current: Open, said: Said) -> None:
    given = sorted_words(said.parts, _ON_WIRE)
    packet = _packet(given)
    content = octets("".join(given.others), "RAW")
    given.others.clear()
    finish(given)
    current.trace.loose_octets(
        said.sender, content, at=current.at, connection=said.connection, packet=packet
    )


def _cut(current: Open, said: Said) -> None:
    given = sorted_words(said.parts, _ON_WIRE)
    word = given.others.pop(0) if given.others else ""
    how = _CUTS.get(word)
    if how is None:
        raise Refused(f"CUT is followed by one of {', '.join(_CUTS)}, not {shown(word)}")
    missing = given.number("octets", 0, _BIG) if "octets" in given.values else None
    packet = _packet(given)
    finish(given)
    current.trace.cut(
        said.sender, how, missing, at=current.at, connection=said.connection, packet=packet
    )


# --- of nobody -----------------------------------------------------------------------------------


def _connection(current: Open, said: Said) -> None:
    given = sorted_words(said.parts, _TELLS)
    if len(current.trace):
        raise Refused("connections are declared before anything happens")
    if given.others == ["none"]:
        current.trace, current.declared = Trace(()), -1
        return
    word = given.values.pop("transport", "h2c")
    transport = _TRANSPORTS.get(word)
    if transport is None:
        raise Refused(f"a transport is one of {', '.join(_TRANSPORTS)}, not {shown(word)}")
    info = ConnectionInfo(
        _text(given, "client"),
        _text(given, "server"),
        transport,
        given.octets("upgrade_settings"),
        read_fields(given),
    )
    finish(given)
    if not current.declared:
        current.trace = Trace(())
    current.declared += 1
    current.trace.connect(info)


def _text(given: Words, name: str) -> str:
    word = given.values.pop(name, '""')
    if not word.startswith('"'):
        return word
    value = unquoted(word)
    if value is None:
        raise Refused(f"the text of {name}= ends with a double quote, unlike {shown(word)}")
    return value


def _delivered(current: Open, said: Said) -> None:
    given = sorted_words(said.parts, _TELLS)
    if "event" in given.values:
        frame = given.number("event", 0, _BIG)
    else:
        frame = _oldest(current, said.connection, given.others.pop(0) if given.others else "")
    finish(given)
    current.trace.delivered(frame, at=current.at, connection=said.connection)


def _oldest(current: Open, connection: int, who: str) -> int:
    """The event of the oldest frame on its way, which arrives."""
    if who not in WHO:
        raise Refused("delivered is followed by C or S, whose oldest frame arrives, or event=")
    side = current.sides(connection, WHO[who])
    frame = side.next_delivery
    if frame is None:
        raise Refused(f"no frame of {who} is on its way")
    side.deliver()
    return frame


def _note(current: Open, said: Said) -> None:
    given = sorted_words(said.parts, _TELLS)
    text = unquoted(given.others.pop(0)) if given.others else None
    if text is None:
        raise Refused("a note is a text in double quotes")
    stream = given.number("stream", 0, _BIG, low=-_BIG)
    finish(given)
    current.trace.note(text, at=current.at, connection=said.connection, stream=stream)


def _resource(current: Open, said: Said) -> None:
    given = sorted_words(said.parts, _TELLS)
    resource = _named(given.others.pop(0) if given.others else "")
    chain = given.values.pop("chain", None)
    happening: ResourceKind = said.name  # type: ignore[assignment]  # a key of TOLD
    by, size = _text(given, "by"), given.number("size", 0, _BIG, low=-_BIG)
    stream = given.number("stream", 0, _BIG, low=-_BIG)
    finish(given)
    current.trace.resource(
        happening,
        resource,
        at=current.at,
        connection=said.connection,
        stream=stream,
        by=by,
        size=size,
        chain=() if chain is None else texts(chain, "chain="),
    )


def _named(word: str) -> Resource:
    match = _RESOURCE.fullmatch(word)
    if match is None:
        raise Refused(
            "a resource is written kind#number or kind#number.generation,"
            f' a kind of several words "in quotes", unlike {shown(word)}'
        )
    kind, place, generation = match.groups()
    plain = unquoted(kind) if kind.startswith('"') else kind
    return Resource(plain or "", int(place), int(generation or 1))


Reader = Callable[[Open, Said], None]

SENT: Final[dict[str, Reader]] = {
    "PREFACE": _preface,
    "RAW": _raw,
    "CUT": _cut,
}
"""What one side does besides sending frames."""

TOLD: Final[dict[str, Reader]] = {
    "connection": _connection,
    "delivered": _delivered,
    "note": _note,
    "acquired": _resource,
    "used": _resource,
    "released": _resource,
    "held": _resource,
}
"""What stands behind `*`."""
