"""When wrappers live and die: C44 and C45, H1 to H4, seen from outside."""

from typing import Any

import pytest

from h2proof.sim.handlers import STAGES
from h2proof.sim.world.world import CollectorOff

EVERY = tuple(STAGES)
NOTHING = {"resources": "", "links": ""}


@pytest.mark.parametrize("name", EVERY)
def test_c45a_everything_is_kept_while_the_handler_is_blocked(bench: Any, name: str) -> None:
    with CollectorOff():
        played = bench(name, settings={4: 0}, options={**NOTHING, "body_octets": 8192})
        played.get()
        played.run(5000)

        assert [1] == played.live("wrapper")
        assert [1, 1] == played.live("request context")

        played.do("credit", 1, 20_000)

        assert [] == played.live("wrapper")
        assert [] == played.live("request context")


@pytest.mark.parametrize("name", EVERY)
def test_c45b_nothing_is_kept_while_only_the_final_flush_is_blocked(bench: Any, name: str) -> None:
    with CollectorOff():
        played = bench(name, settings={4: 0}, options={**NOTHING, "body_octets": 100})
        played.get()

        assert [] == played.live("wrapper")
        assert [] == played.live("layer writer")
        assert [1] == played.live("request context"), "the server's own"
        assert [1] == played.live("response writer")
        assert [1] == played.live("writer state")


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("end", ["reset", "vanish"])
def test_c45c_all_goes_when_the_blocked_handlers_stream_is_closed(
    bench: Any, name: str, end: str
) -> None:
    with CollectorOff():
        played = bench(name, settings={4: 0}, options={**NOTHING, "body_octets": 8192})
        stream = played.get()
        if end == "reset":
            played.do("reset", stream)
        else:
            played.vanish()

        for kind in ("wrapper", "request context", "response writer", "writer state", "timer"):
            assert [] == played.live(kind), kind


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("how", ["gives_up", "fails_late", "nothing", "copy", "write"])
def test_a_wrapper_goes_on_every_way_out(bench: Any, name: str, how: str) -> None:
    with CollectorOff():
        options = {"resources": "/r", "links": "</l>", "how": how}
        played = bench(name, options=options)
        played.get()

        for kind in ("wrapper", "request context", "response writer", "writer state"):
            assert [] == played.live(kind), kind


@pytest.mark.parametrize("name", ["caddy", "caddy-b"])
def test_h4_is_impossible_without_a_pool(bench: Any, name: str) -> None:
    played = _two_requests_with_a_late_writer(bench, name)

    assert [] == _streams_with_late_octets(played)


@pytest.mark.parametrize("name", ["caddy-c1", "caddy-c2", "caddy-d-strict", "caddy-d-loose"])
def test_h4_a_stale_reference_writes_into_the_next_clients_response(bench: Any, name: str) -> None:
    played = _two_requests_with_a_late_writer(bench, name)

    assert [3] == _streams_with_late_octets(played)


def _two_requests_with_a_late_writer(bench: Any, name: str) -> Any:
    """The first request's kept writer writes while the second one's response is going on."""
    options = {
        **NOTHING,
        "page_paths": "/first /second",
        "body_octets": 30,
        "chunk_octets": 10,
        "pause_ns": 10_000_000,
        "late_ns": 15_000_000,
        "write_idle_ns": 0,
    }
    played = bench(name + "-kept", options=options)
    played.loop.set_exception_handler(lambda loop, context: None)
    played.get("/first", run=False)
    played.run(25)
    played.get("/second")
    return played


def _streams_with_late_octets(played: Any) -> list[int]:
    """Streams on which the first request's late octets went out."""
    frames = (frame for frame in played.trace.frames() if frame.sender == "server")
    return [frame.stream for frame in frames if b"late octets of /first" in frame.kept]
