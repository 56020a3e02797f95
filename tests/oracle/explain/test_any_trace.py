"""Whatever a trace holds, it is judged, looked back over, explained and reported without a fault."""

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from h2proof.oracle import judge
from h2proof.oracle.explain import LINES_MAX, WIDTH, explain
from h2proof.sim.codec import FrameHeader
from h2proof.sim.trace import SENDERS, Resource, Trace

BLOCKS = [b"\x82\x84\x87\x41\x01a", b"\x88", b"\x82\x84\x87\xbe", b"\x40\x01x\x01a", b"\x80", b""]
NOTES = ["quiet", "not quiet: a waits; b waits", "faults stop", "clients leave", "handler returned"]
KINDS = ["acquired", "used", "released", "held"]

frames = st.tuples(
    st.just("frame"),
    st.sampled_from(SENDERS),
    st.integers(0, 0x10),
    st.sampled_from([0, 1, 4, 5, 8, 0xD]),
    st.integers(0, 4),
    st.one_of(st.sampled_from(BLOCKS), st.binary(max_size=12)),
)
others = st.one_of(
    st.tuples(st.just("note"), st.sampled_from(NOTES), st.integers(0, 3)),
    st.tuples(st.just("cut"), st.sampled_from(SENDERS), st.sampled_from(["fin", "rst", "lost"])),
    st.tuples(st.just("resource"), st.sampled_from(KINDS), st.integers(1, 2), st.integers(1, 2)),
    st.tuples(st.just("delivered"), st.integers(0, 11)),
)


def trace_of(steps: list[tuple[object, ...]]) -> Trace:
    trace = Trace()
    for step in steps:
        match step:
            case ("frame", sender, kind, flags, stream, payload):
                header = FrameHeader(len(payload), kind, flags, stream, False)  # type: ignore[arg-type]
                trace.add_frame(sender, header, payload)  # type: ignore[arg-type]
            case ("note", text, stream):
                trace.note(text, stream=stream)  # type: ignore[arg-type]
            case ("cut", sender, how):
                trace.cut(sender, how)  # type: ignore[arg-type]
            case ("resource", kind, number, generation):
                resource = Resource("wrapper", number, generation)  # type: ignore[arg-type]
                trace.resource(kind, resource, stream=1, size=8, chain=("a", "b"))  # type: ignore[arg-type]
            case ("delivered", index) if index < len(trace):  # type: ignore[operator]
                if trace[index].kind == "frame":  # type: ignore[index]
                    trace.delivered(index)  # type: ignore[arg-type]
    return trace


@given(st.lists(st.one_of(frames, frames, others), max_size=12))
@hypothesis_settings(max_examples=150)
def test_every_finding_of_any_trace_is_explained_on_a_screen(
    steps: list[tuple[object, ...]],
) -> None:
    trace = trace_of(steps)
    for finding in judge(trace).findings:
        lines = explain(finding, trace).splitlines()

        assert len(lines) <= LINES_MAX
        assert all(len(line) <= WIDTH for line in lines)
        assert set(finding.witnesses) <= set(range(len(trace)))
        assert finding.event in finding.witnesses
