"""An endpoint, ours or another's, against any octets in any chunking.

Whatever comes in, it raises nothing; the same octets give the same notices and output in every
chunking; what it sends is judged; and once it is closed it holds neither a partial frame nor the
buffer of a field block. One that claims to answer requests is asked for that, too.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from h2proof.oracle import judge
from h2proof.properties.broken import Broken, Misused, Replay
from h2proof.properties.checks.answering import answering
from h2proof.properties.checks.driving import (
    Driven,
    Factory,
    Recorder,
    as_frames,
    drive,
    holds,
    one_by_one,
    role_of,
)
from h2proof.properties.checks.form import called, full_name
from h2proof.properties.checks.sameness import same
from h2proof.properties.checks.smallest import smallest
from h2proof.properties.checks.tried import Tried
from h2proof.properties.defaults import Defaults, report
from h2proof.properties.strategies.chunks import Chunking, chunkings, cut
from h2proof.properties.strategies.conversations import conversations, opening
from h2proof.properties.strategies.frames import frames, hostile_frames, mutated_frames
from h2proof.properties.told import shortened, tell
from h2proof.sim import ladder
from h2proof.sim.codec import encode, raw
from h2proof.sim.frames import TYPE_NAMES, FrameType, Headers, Ping
from h2proof.sim.trace import SENDERS, Sender, Trace

MARKER: Final = b"\xa7kept while closed\xa7"
"""Octets that nothing else contains; whoever has them keeps what it should have dropped."""

Input = tuple[bytes, Chunking]


@dataclass(frozen=True, slots=True)
class Ending:
    """Octets that end any connection with an error, and leave something behind that must go."""

    name: str
    octets: bytes


_HALF: Final = -10
"""Where a frame with the marker is cut: behind the marker, before its end."""

ENDINGS: Final = (
    Ending("an open field block", encode(Headers(1, MARKER, True, False)) + encode(Ping())),
    Ending(
        "half a frame behind an error",
        encode(Ping(stream=1)) + raw(FrameType.DATA, 0, 1, MARKER + bytes(20))[:_HALF],
    ),
    Ending(
        "half a frame of an unknown type behind an error",
        encode(Ping(stream=1)) + raw(0x42, 0, 0, MARKER + bytes(20))[:_HALF],
    ),
)
"""A PING inside a field block, or on a stream, is a connection error (RFC 9113 §6.7, §6.10)."""

LEAD: Final = 20
SHOWN: Final = 70
"""Of two results that differ: so much before the difference, and so much at all."""

STATES: Final = ("stays open", "closes", "cut inside a frame", "open field block")


class EndpointBattery:
    """All that is asked of a factory of endpoints."""

    def __init__(self, chosen: Defaults, *, answers: bool) -> None:
        self._chosen = chosen
        self._answers = answers

    def __call__(self, factory: Factory) -> Tried:
        """Try it; Broken with the smallest octets that were found to break it."""
        __tracebackhide__ = True
        name = called(factory)
        role = _role(factory, name)
        trial = _Trial(factory, name, role)
        for broken in self._without_search(trial):
            if broken.fingerprint not in self._chosen.known:
                raise broken

        def attempt(value: Input) -> Broken | None:
            broken = trial.attempt(value)
            return None if broken is None or broken.fingerprint in self._chosen.known else broken

        inputs = st.tuples(_octets(trial.peer), chunkings())
        key = f"check_endpoint {full_name(factory)}"
        found = smallest(inputs, attempt, self._chosen, key=key)
        if found is not None:
            report(trial.tried.broken)
            raise found[1] from None
        return trial.tried

    def _without_search(self, trial: "_Trial") -> Iterator[Broken]:
        yield from trial.endings()
        if self._answers:
            yield from answering(trial.factory, trial.name)


def _role(factory: Factory, name: str) -> Sender:
    """Which side the endpoints are; Misused for what makes none."""
    if inspect.iscoroutinefunction(factory):
        raise Misused(f"{name} is async; check_endpoint takes a plain function of no arguments")
    if not callable(factory):
        raise Misused(f"check_endpoint takes a function that makes an endpoint, not {factory!r}")
    first, second = factory(), factory()
    if first is second:
        raise Misused(
            f"{name} gave the same object twice; each connection needs an endpoint of its own"
        )
    for attribute in ("receive", "take_output", "closed"):
        if not hasattr(first, attribute):
            raise Misused(
                f"{name} gave a {type(first).__name__} without {attribute}; an endpoint has "
                "receive(data), take_output() and closed"
            )
    return role_of(second)


def _octets(peer: Sender) -> st.SearchStrategy[bytes]:
    """Conversations in bulk; now and then frames one by one, damaged ones, any octets."""
    piece = st.one_of(
        frames(sender=peer).map(encode),
        hostile_frames().map(encode),
        mutated_frames(sender=peer),
    )
    return st.one_of(
        conversations(sender=peer),
        conversations(sender=peer, operations=6),
        st.lists(piece, max_size=4).map(lambda pieces: b"".join((opening(peer), *pieces))),
        st.binary(max_size=40),
    )


class _Trial:
    """One factory on trial."""

    def __init__(self, factory: Factory, name: str, role: Sender) -> None:
        self.factory = factory
        self.name = name
        self.role: Sender = role
        self.peer: Sender = SENDERS[role == "client"]
        types = [f"{self.peer} {name}" for name in TYPE_NAMES.values()]
        self.tried = Tried.of(f"check_endpoint({name})", (*STATES, *types))

    def endings(self) -> Iterator[Broken]:
        """What is still open, or held, after an error that ends any connection."""
        for ending in ENDINGS:
            octets = opening(self.peer) + ending.octets
            recorder = Recorder(self.role)
            driven = drive(self.factory(), as_frames(octets), recorder)
            if driven.error is not None:
                yield self._raised(driven, (octets, ()), recorder.trace)
            elif not driven.closed:
                what = f"is not closed after a connection error ({ending.name})"
                yield self._broken(what, (octets, ()), recorder.trace, kind="open after error")
            else:
                where = holds(driven.endpoint, MARKER)
                if where is not None:
                    what = f"keeps {ending.name} when it is closed: {where}"
                    yield self._broken(what, (octets, ()), recorder.trace, kind="held when closed")

    def attempt(self, value: Input) -> Broken | None:
        """The octets in three chunkings; then what the endpoint sent before the judge."""
        octets, chunking = value
        recorder = Recorder(self.role)
        whole = drive(self.factory(), as_frames(octets), recorder)
        self.tried.count(_reached(whole, recorder))
        broken = self._alone(whole, value, recorder.trace)
        if broken is not None:
            return broken
        ways = (
            ("in one chunk" if not chunking else f"in chunks {chunking}", cut(octets, chunking)),
            ("octet by octet", one_by_one(octets)),
        )
        for way, chunks in ways:
            driven = drive(self.factory(), chunks)
            broken = self._alone(driven, value, recorder.trace) or self._compared(
                whole, driven, way, value, recorder.trace
            )
            if broken is not None:
                return broken
        return self._judged(value, recorder.trace)

    def _alone(self, driven: Driven, value: Input, trace: Trace) -> Broken | None:
        if driven.error is not None:
            return self._raised(driven, value, trace)
        if driven.twice:
            what = f"hands octets out twice: take_output gave {driven.twice.hex(' ', -2)} again"
            return self._broken(what, value, trace, kind="output twice")
        return None

    def _compared(
        self, whole: Driven, driven: Driven, way: str, value: Input, trace: Trace
    ) -> Broken | None:
        for kind, frame_wise, other in (
            ("output", whole.output.hex(" ", -4), driven.output.hex(" ", -4)),
            ("closed", whole.closed, driven.closed),
            ("notices", whole.notices, driven.notices),
        ):
            if not same(frame_wise, other):
                one, two = _apart(str(frame_wise), str(other))
                what = f"depends on the chunking: {kind} {two} {way}, {one} frame by frame"
                return self._broken(what, value, trace, kind=f"chunking {kind}")
        return None

    def _judged(self, value: Input, trace: Trace) -> Broken | None:
        for finding in judge(trace).violations:
            if finding.actor == self.role:
                line = self._line(value)
                replay = Replay(octets=value[0])
                return tell(finding, trace, who=self.name, line=line, replay=replay)
        return None

    def _raised(self, driven: Driven, value: Input, trace: Trace) -> Broken:
        error = driven.error
        what = f"raised {type(error).__name__}: {error} after {driven.fed} octets"
        return self._broken(what, value, trace, kind=f"raises {type(error).__name__}")

    def _broken(self, what: str, value: Input, trace: Trace, *, kind: str) -> Broken:
        return Broken(
            "\n".join(
                (
                    f"{self.name} {what}",
                    "",
                    *shortened(ladder.text(trace)),
                    "",
                    f"  replay    {self._line(value)}",
                )
            ),
            rule=f"endpoint {kind}",
            fingerprint=f"endpoint|{kind}",
            replay=Replay(octets=value[0], chunking=value[1]),
        )

    def _line(self, value: Input) -> str:
        return f'{self.name}().receive(bytes.fromhex("{value[0].hex()}"))'


def _reached(driven: Driven, recorder: Recorder) -> Iterator[str]:
    yield "closes" if driven.closed else "stays open"
    for kind in recorder.types:
        yield f"{recorder.peer} {kind}"
    if recorder.block_open:
        yield "open field block"
    if recorder.inside_frame:
        yield "cut inside a frame"


def _apart(one: str, other: str) -> tuple[str, str]:
    """Two texts from a little before the place where they part, and not too much of them."""
    pairs = enumerate(zip(one, other, strict=False))
    parted = next((place for place, (mine, its) in pairs if mine != its), 0)
    start = max(0, parted - LEAD)
    lead = "…" if start else ""
    return lead + one[start : start + SHOWN], lead + other[start : start + SHOWN]
