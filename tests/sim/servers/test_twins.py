"""Twins: the client's half of real captures of Caddy and Go pushing, played against the models.

The models have to promise the same in the same order with the same fields, and to answer each
stream with the same frames up to segmentation. Resources and sizes are those of the capture.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from h2proof.oracle import importers
from h2proof.sim.codec import PREFACE
from h2proof.sim.frames import Headers, PushPromise, RstStream
from h2proof.sim.handlers.protocol import PushError
from h2proof.sim.hpack import FieldDecoder
from h2proof.sim.trace import FrameEvent, Trace

CAPTURES: Final = (
    "nghttp-caddy-push.pcapng",
    "nghttp-go-manypush-max1.pcapng",
    "nghttp-go-push.pcapng",
    "pyh2-caddy-push-cancel.pcapng",
    "pyh2-go-push-cancel.pcapng",
    "syn-seqwrap-caddy-push.pcap",
)
"""Every clear-text capture in which Caddy or Go promises something."""
ENCRYPTED: Final = ("nghttp-caddy-tls-push.pcapng",)
"""The same over TLS, with its keys in the file. This older copy of Go's server, the one bundled in
net/http, does not announce HEADER_TABLE_SIZE; all else is alike."""


def test_the_list_of_twins_is_complete(shared: Path) -> None:
    entries = json.loads((shared / "traces" / "manifest.json").read_text())
    pushing = [
        entry["file"]
        for entry in entries
        if entry["transport"] == "h2c"
        and entry["format"].startswith("pcap")
        and entry.get("server", {}).get("name", "").lower().startswith(("caddy", "go"))
        and entry["events"]["pushes_promised"]
    ]

    assert sorted(pushing) == sorted(CAPTURES)


class Seen:
    """What a server sent: promises with their fields, and each stream's frames, DATA joined."""

    def __init__(self, trace: Trace) -> None:
        self.promises: list[tuple[int, int, dict[bytes, bytes]]] = []
        self.streams: dict[int, list[str]] = {}
        self.octets: dict[int, int] = {}
        self.segments: dict[int, list[int]] = {}
        decoder = FieldDecoder()
        for event in trace.frames():
            if event.sender == "server":
                self._take(event, decoder)

    def _take(self, event: FrameEvent, decoder: FieldDecoder) -> None:
        if event.type == 0:
            self._data(event)
            return
        if event.elided:
            return
        frame = event.frame
        if isinstance(frame, PushPromise):
            fields = dict(decoder.decode(frame.fragment))  # type: ignore[arg-type]
            self.promises.append((event.stream, frame.promised, fields))
        elif isinstance(frame, Headers):
            fields = dict(decoder.decode(frame.fragment))  # type: ignore[arg-type]
            self._add(event.stream, f"HEADERS {fields[b':status'].decode()}", frame.end_stream)
        elif isinstance(frame, RstStream):
            self._add(event.stream, f"RST_STREAM {frame.code}", False)

    def _data(self, event: FrameEvent) -> None:
        self.octets[event.stream] = self.octets.get(event.stream, 0) + event.length
        self.segments.setdefault(event.stream, []).append(event.length)
        self._add(event.stream, "DATA", bool(event.flags & 1))

    def _add(self, stream: int, what: str, end: bool) -> None:
        frames = self.streams.setdefault(stream, [])
        if what != "DATA" or not frames or frames[-1] != "DATA":
            frames.append(what)
        if end:
            frames.append("END_STREAM")


def capture(shared: Path, name: str) -> Trace:
    (connection,) = importers.read(str(shared / "traces" / name))
    return connection.trace


def replay(bench: Any, handler: Any, options: dict[str, Any], trace: Trace) -> Trace:
    """The client's octets in their order; each frame when the server had its say before it."""
    played = bench(handler, options=options, raw=True)
    played.near.put(PREFACE)
    server_spoke = False
    for event in trace:
        if isinstance(event, FrameEvent) and event.sender == "client":
            if server_spoke:
                played.run()
                server_spoke = False
            played.near.put(event.octets)
        elif isinstance(event, FrameEvent):
            server_spoke = True
        elif event.kind == "cut" and getattr(event, "sender", "") == "client":
            played.run()
            played.near.close()
    played.run(2000)
    trace = played.trace
    assert isinstance(trace, Trace)
    return trace


def bodies(trace: Trace) -> dict[bytes, int]:
    """How many octets the capture has for each path."""
    seen = Seen(trace)
    paths = {promised: fields[b":path"] for _, promised, fields in seen.promises}
    decoder = FieldDecoder()
    for event in trace.frames():
        if event.sender == "client" and event.type == 1 and isinstance(event.frame, Headers):
            fields = dict(decoder.decode(event.frame.fragment))  # type: ignore[arg-type]
            paths[event.stream] = fields[b":path"]
    return {path: seen.octets.get(stream, 0) for stream, path in paths.items()}


def caddy(trace: Trace) -> tuple[Any, dict[str, Any]]:
    """Caddy with the resources of the capture, as its file server writes them."""
    sizes = {path.decode(): octets for path, octets in bodies(trace).items()}
    resources = [fields[b":path"].decode() for _, _, fields in Seen(trace).promises]
    options = {
        "resources": " ".join(resources),
        "links": "",
        "page_paths": "/index.html",
        "push_paths": "/index.html",
        "bodies": " ".join(f"{path}={octets}" for path, octets in sizes.items()),
    }
    return "caddy", options


def go(*targets: str, header: dict[str, list[str]] | None = None, piece: int = 1 << 20) -> Any:
    """A Go handler that pushes targets and writes bodies in pieces."""

    def made(trace: Trace) -> tuple[Any, dict[str, Any]]:
        sizes = {path.decode(): octets for path, octets in bodies(trace).items()}
        sizes["/index.html"] = 2000

        async def handler(w: Any, r: Any) -> None:
            if r.path in ("/index.html", "/manypush"):
                for target in targets:
                    try:
                        await w.push(target, header=header)
                    except PushError:
                        break
            left = sizes[r.target]
            while left > 0:
                await w.write(bytes(min(piece, left)))
                left -= piece

        return handler, {}

    return made


THREE: Final = go("/style.css", "/app.js", "/f3", header={"X-Pushed-By": ["go"]})
TWELVE: Final = go(*(f"/big?{number}" for number in range(12)), piece=1000)

TWINS: Final[dict[str, Callable[[Trace], tuple[Any, dict[str, Any]]]]] = {
    "nghttp-caddy-push.pcapng": caddy,
    "nghttp-go-manypush-max1.pcapng": TWELVE,
    "nghttp-go-push.pcapng": THREE,
    "nghttp-caddy-tls-push.pcapng": caddy,
    "pyh2-caddy-push-cancel.pcapng": caddy,
    "pyh2-go-push-cancel.pcapng": THREE,
    "syn-seqwrap-caddy-push.pcap": caddy,
}


@pytest.mark.parametrize("name", CAPTURES + ENCRYPTED)
def test_a_twin_promises_and_answers_as_the_original_did(
    bench: Any, shared: Path, name: str
) -> None:
    original = capture(shared, name)
    handler, options = TWINS[name](original)
    real, model = Seen(original), Seen(replay(bench, handler, options, original))

    assert real.promises == model.promises
    assert real.streams == model.streams
    assert real.octets == model.octets
    assert real.segments == model.segments, "the buffer makes the same pieces, too"


@pytest.mark.parametrize("name", CAPTURES)
def test_a_twin_opens_with_the_settings_of_the_original(
    bench: Any, shared: Path, name: str
) -> None:
    original = capture(shared, name)
    handler, options = TWINS[name](original)
    model = replay(bench, handler, options, original)

    def opening(trace: Trace) -> list[bytes]:
        frames = [event for event in trace.frames() if event.sender == "server"]
        return [event.octets for event in frames if event.type in (4, 8) and event.length][:2]

    assert opening(original) == opening(model)
