"""What a whole server owes: it says how many streams it takes, answers, refuses what is malformed.

A few dozen exchanges, written out or made from tables; nothing is drawn. Whether its frames are
legal is the judge's affair; here it is only asked whether there is an answer at all.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from h2proof.properties.broken import Broken, Replay
from h2proof.properties.checks.driving import Factory, Recorder, as_frames, drive
from h2proof.properties.strategies.fields import MALFORMED, REQUEST
from h2proof.properties.told import shortened
from h2proof.sim import ladder
from h2proof.sim.codec import PREFACE, encode
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import Data, Headers, RstStream, Settings, WindowUpdate
from h2proof.sim.hpack import FieldDecoder, FieldEncoder, Fields
from h2proof.sim.trace import Trace

MAX_CONCURRENT_STREAMS: Final = 3
INITIAL_WINDOW_SIZE: Final = 4
BODY_OCTETS_MIN: Final = 5
"""So that an answer can be held back by a window smaller than itself."""


class Exchanged(NamedTuple):
    """What came of an exchange; `raised` is what the server raised, if it did."""

    trace: Trace
    raised: str


def answering(factory: Factory, name: str) -> Iterator[Broken]:
    """What a server does not do for the requests that everybody makes."""
    for exchange in (_announces, _answers, _answers_a_body, _answers_in_small_windows):
        yield from exchange(factory, name)
    for what, section in MALFORMED.items():
        yield from _refuses(factory, name, what, section)


def _announces(factory: Factory, name: str) -> Iterator[Broken]:
    exchanged = _exchange(factory, Settings())
    for frame in _frames(exchanged.trace):
        if isinstance(frame, Settings) and any(
            identifier == MAX_CONCURRENT_STREAMS for identifier, _ in frame.values
        ):
            return
    yield _missing(name, "does not announce MAX_CONCURRENT_STREAMS", exchanged)


def _answers(factory: Factory, name: str) -> Iterator[Broken]:
    exchanged = _exchange(factory, Settings(), Headers(1, _block(REQUEST), True))
    yield from _answered(name, exchanged, 1)


def _answers_a_body(factory: Factory, name: str) -> Iterator[Broken]:
    post = ((b":method", b"POST"), *REQUEST[1:])
    frames = (Settings(), Headers(1, _block(post)), Data(1, b"abc"), Data(1, b"", True))
    yield from _answered(name, _exchange(factory, *frames), 1)


def _answers_in_small_windows(factory: Factory, name: str) -> Iterator[Broken]:
    """With no window at all, then one octet more each time, on two streams."""
    credits = [WindowUpdate(stream, 1) for _ in range(64) for stream in (1, 3)]
    exchanged = _exchange(
        factory,
        Settings(((INITIAL_WINDOW_SIZE, 0),)),
        Headers(1, _block(REQUEST), True),
        Headers(3, _block(REQUEST), True),
        *credits,
        Settings(((INITIAL_WINDOW_SIZE, 65_535),)),
    )
    for stream in (1, 3):
        yield from _answered(name, exchanged, stream)


def _answered(name: str, exchanged: Exchanged, stream: int) -> Iterator[Broken]:
    """Nothing if the stream has :status 200, at least five octets, and an end."""
    decoder = FieldDecoder()
    status, octets, ended = b"", 0, False
    for frame in _frames(exchanged.trace):
        if isinstance(frame, Headers):
            fields = decoder.decode(frame.fragment)
            if frame.stream == stream and isinstance(fields, tuple):
                status = status or dict(fields).get(b":status", b"")
        if isinstance(frame, Headers | Data) and frame.stream == stream:
            octets += len(frame.data) if isinstance(frame, Data) else 0
            ended = ended or frame.end_stream
    if status == b"200" and octets >= BODY_OCTETS_MIN and ended:
        return
    got = f"status {status.decode() or 'none'}, {octets} octets, {'ended' if ended else 'open'}"
    yield _missing(name, f"does not answer the request on stream {stream}: {got}", exchanged)


def _refuses(factory: Factory, name: str, what: str, section: Fields) -> Iterator[Broken]:
    exchanged = _exchange(factory, Settings(), Headers(1, _block(section), True))
    for frame in _frames(exchanged.trace):
        if isinstance(frame, RstStream) and frame.stream == 1:
            if frame.code == ErrorCode.PROTOCOL_ERROR:
                return
            break
    said = f"does not answer a malformed request ({what}) with RST_STREAM PROTOCOL_ERROR"
    yield _missing(name, said, exchanged, kind=f"malformed {what}")


def _block(section: Fields) -> bytes:
    return FieldEncoder().encode(section)


def _exchange(factory: Factory, *frames: Settings | Headers | Data | WindowUpdate) -> Exchanged:
    recorder = Recorder("server")
    octets = PREFACE + b"".join(map(encode, frames))
    error = drive(factory(), as_frames(octets), recorder).error
    return Exchanged(recorder.trace, "" if error is None else f"{type(error).__name__}: {error}")


def _frames(trace: Trace) -> Iterator[object]:
    """The server's frames."""
    return (event.frame for event in trace.frames() if event.sender == "server")


def _missing(name: str, what: str, exchanged: Exchanged, *, kind: str = "") -> Broken:
    trace, raised = exchanged
    if raised:
        what = f"{what}; it raised {raised}"
    return Broken(
        "\n".join((f"{name} {what}", "", *shortened(ladder.text(trace)))),
        rule="endpoint answers",
        fingerprint=f"endpoint|answers|{kind or what}",
        replay=Replay(octets=b"".join(e.octets for e in trace.frames() if e.sender == "client")),
    )
