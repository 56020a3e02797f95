"""One request and three pushes: a whole run of ours beside two bare ends of h2, same frames.

    python -m tests.benchmarks.worlds [--runs N] [--repetitions N]

A run of ours is a World with all its accounts and both quiet phases, and the judge's verdict with
ledger, lifetimes and liveness. The pair of h2 only hands the frames of that run across, one by one:
no clock, no handler, no accounts. Times both in turn in one process and takes the best of each;
prints, and judges nothing. Rows named `again` play one scenario over and over, as a search does,
where ours remembers what short field blocks say; in those named `fresh` each run has paths that no
run before it had.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, cycle
from typing import Any, Final

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes, Settings

from h2proof.oracle import Verdict, judge
from h2proof.sim.frames import ACK, END_STREAM, FrameType
from h2proof.sim.hpack import FieldDecoder, Undecodable
from h2proof.sim.scenario import ClientPlan, RequestPlan, Scenario
from h2proof.sim.trace import FrameEvent, Trace
from h2proof.sim.world import World

RESOURCES: Final = ("/a", "/b", "/c")
Fields = list[tuple[bytes, bytes]]
Call = Callable[[H2Connection], None]
"""One thing that an end of h2 is told to do; it sends one frame."""


async def pushes_three(w: Any, r: Any) -> None:
    """Three promises, and a short body for each of the four responses."""
    if not r.path.endswith(RESOURCES):
        for resource in RESOURCES:
            await w.push(r.path.rstrip("/") + resource)
    await w.write(b"hello")


def scenario(server: str, path: str = "/") -> Scenario:
    """One client that asks once."""
    return Scenario(server=server, clients=(ClientPlan(requests=(RequestPlan(path=path),)),))


def ours(plan: Scenario) -> tuple[Trace, Verdict]:
    """Play it, and judge what was played."""
    trace = World(plan, pushes_three).play().trace
    return trace, judge(trace)


# --- the same frames by h2 ------------------------------------------------------------------------


def calls_of(trace: Trace) -> list[tuple[str, Call]]:
    """Who of h2 has to do what for the frames of a trace; acknowledgements h2 sends by itself."""
    decoders = {"client": FieldDecoder(), "server": FieldDecoder()}
    return [
        (frame.sender, call)
        for frame in trace.frames()
        if (call := _CALLS[FrameType(frame.type)](frame, decoders[frame.sender])) is not None
    ]


def _settings(frame: FrameEvent, _: FieldDecoder) -> Call | None:
    if frame.flags & ACK:
        return None
    payload = frame.payload
    pairs = [payload[place : place + 6] for place in range(0, len(payload), 6)]
    values = {SettingCodes(int.from_bytes(pair[:2])): int.from_bytes(pair[2:]) for pair in pairs}

    def call(end: H2Connection) -> None:
        client = bool(end.config.client_side)
        end.local_settings = Settings(client=client, initial_values=values)
        end.initiate_connection()

    return call


def _headers(frame: FrameEvent, decoder: FieldDecoder) -> Call:
    fields = _fields(decoder, frame.payload)
    ends = bool(frame.flags & END_STREAM)
    return lambda end: end.send_headers(frame.stream, fields, end_stream=ends)


def _promise(frame: FrameEvent, decoder: FieldDecoder) -> Call:
    fields, promised = _fields(decoder, frame.payload[4:]), int.from_bytes(frame.payload[:4])
    return lambda end: end.push_stream(frame.stream, promised, fields)


def _data(frame: FrameEvent, _: FieldDecoder) -> Call:
    payload, ends = frame.payload, bool(frame.flags & END_STREAM)
    return lambda end: end.send_data(frame.stream, payload, end_stream=ends)


def _credit(frame: FrameEvent, _: FieldDecoder) -> Call:
    octets, stream = int.from_bytes(frame.payload), frame.stream or None
    return lambda end: end.increment_flow_control_window(octets, stream)


def _goaway(frame: FrameEvent, _: FieldDecoder) -> Call:
    return lambda end: end.close_connection()


_CALLS: Final[dict[FrameType, Callable[[FrameEvent, FieldDecoder], Call | None]]] = {
    FrameType.SETTINGS: _settings,
    FrameType.HEADERS: _headers,
    FrameType.PUSH_PROMISE: _promise,
    FrameType.DATA: _data,
    FrameType.WINDOW_UPDATE: _credit,
    FrameType.GOAWAY: _goaway,
}


def _fields(decoder: FieldDecoder, block: bytes) -> Fields:
    lines = decoder.decode(block)
    assert not isinstance(lines, Undecodable)
    return list(lines)


def h2_pair(calls: list[tuple[str, Call]]) -> dict[str, bytearray]:
    """Both ends do as they are told, each frame handed over at once; what each side sent."""
    ends = {
        side: H2Connection(H2Configuration(client_side=side == "client"))
        for side in ("client", "server")
    }
    other = {"client": "server", "server": "client"}
    sent = {side: bytearray() for side in ends}
    for side, call in calls:
        call(ends[side])
        while octets := ends[side].data_to_send():
            sent[side] += octets
            ends[other[side]].receive_data(octets)
            side = other[side]
    return sent


# --- side by side ---------------------------------------------------------------------------------


def best(tasks: dict[str, Callable[[], object]], runs: int, repetitions: int) -> dict[str, float]:
    """Runs for each second of CPU, of each task the best of its repetitions, taken in turn."""
    rates = dict.fromkeys(tasks, 0.0)
    for _ in range(repetitions):
        for name, task in tasks.items():
            start = time.process_time()
            for _ in range(runs):
                task()
            rates[name] = max(rates[name], runs / (time.process_time() - start))
    return rates


def again(server: str) -> dict[str, Callable[[], object]]:
    """The same run each time."""
    plan = scenario(server)
    calls = calls_of(ours(plan)[0])
    return {"ours": partial(ours, plan), "h2 pair": partial(h2_pair, calls)}


def fresh(server: str, runs: int) -> dict[str, Callable[[], object]]:
    """Each run of ours has paths of its own, and none of those that the pair has."""
    paths = (f"/w{number:07}" for number in count())
    pairs = cycle([calls_of(ours(scenario(server, f"/h{each:07}"))[0]) for each in range(runs)])
    return {
        "ours": lambda: ours(scenario(server, next(paths))),
        "h2 pair": lambda: h2_pair(next(pairs)),
    }


def measure(runs: int, repetitions: int) -> Iterator[dict[str, object]]:
    """Rows for each server model: our rate, that of the pair, and what the one is of the other."""
    for server in ("plain", "go"):
        trace, _ = ours(scenario(server))
        for paths, tasks in (("again", again(server)), ("fresh", fresh(server, runs))):
            rates = best(tasks, runs, repetitions)
            yield {
                "server": server,
                "paths": paths,
                "frames": len(trace.columns.event),
                "events": len(trace),
                **{f"{name} runs/s": round(rate) for name, rate in rates.items()},
                "ratio": round(rates["ours"] / rates["h2 pair"], 2),
            }


def main() -> None:
    """Time whole runs beside a bare pair of h2, and print two rows for each server model."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--repetitions", type=int, default=7)
    wishes = parser.parse_args()
    for row in measure(wishes.runs, wishes.repetitions):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
