"""Who still waits after the faults stopped, and what nobody answers."""

from hypothesis import given
from hypothesis import strategies as st

from h2proof.oracle import liveness
from h2proof.sim.codec import FrameHeader
from h2proof.sim.trace import DeliveredEvent, FrameEvent, Sender, Trace

ES, EH = 0x1, 0x4


def put(
    trace: Trace, sender: Sender, type_: int, flags: int, stream: int, rest: bytes = b""
) -> int:
    return trace.add_frame(sender, FrameHeader(len(rest), type_, flags, stream, False), rest)


def asked(*, delivered: bool = True) -> Trace:
    """A whole request on stream 1."""
    trace = Trace()
    index = put(trace, "client", 1, ES | EH, 1)
    if delivered:
        trace.delivered(index)
    return trace


def quiet(trace: Trace) -> list[str]:
    trace.note("faults stop")
    trace.note("quiet")
    return [finding.rule for finding in liveness.examine(trace)]


def test_who_waits_for_whom_is_told_since_the_faults_stopped() -> None:
    trace = Trace()
    trace.note("faults stop")
    trace.note("not quiet: Write 1 waits for credit; the server waits for the transport")

    (finding,) = liveness.examine(trace)

    assert "never_quiet" == finding.rule
    assert "Write 1 waits for credit, and 1 more" in finding.message
    assert [
        "here the faults stopped",
        "Write 1 waits for credit",
        "the server waits for the transport",
    ] == [fact.text for fact in finding.because]


def test_an_answered_request_is_finished() -> None:
    trace = asked()
    put(trace, "server", 1, EH, 1)
    put(trace, "server", 0, ES, 1)

    assert [] == quiet(trace)


def test_a_request_that_nobody_works_on_is_never_finished() -> None:
    trace = asked()
    put(trace, "server", 1, EH, 1)

    assert ["never_finished"] == quiet(trace)


def test_a_request_that_did_not_arrive_asks_for_nothing() -> None:
    assert [] == quiet(asked(delivered=False))


def test_a_reset_by_either_side_finishes_a_stream() -> None:
    trace = asked()
    put(trace, "client", 3, 0, 1, bytes(4))

    assert [] == quiet(trace)


def test_a_request_that_ends_after_its_answer_is_finished() -> None:
    trace = Trace()
    trace.delivered(put(trace, "client", 1, EH, 1))
    put(trace, "server", 1, ES | EH, 1)
    trace.delivered(put(trace, "client", 0, ES, 1))

    assert [] == quiet(trace)


def test_a_request_whose_fields_never_ended_is_not_whole() -> None:
    trace = Trace()
    trace.delivered(put(trace, "client", 1, ES, 1))

    assert [] == quiet(trace)

    trace = Trace()
    trace.delivered(put(trace, "client", 1, ES, 1))
    trace.delivered(put(trace, "client", 9, EH, 1))

    assert ["never_finished"] == quiet(trace)


def test_nothing_is_owed_where_the_connection_ends() -> None:
    gone = asked()
    put(gone, "server", 7, 0, 0, bytes(8))
    closed = asked()
    closed.cut("client", "fin")

    assert [] == quiet(gone)
    assert [] == quiet(closed)


def test_a_promise_is_kept_or_reset() -> None:
    trace = asked()
    put(trace, "server", 5, EH, 1, (2).to_bytes(4, "big"))
    put(trace, "server", 1, ES | EH, 1)

    assert ["never_finished"] == quiet(trace)

    trace = asked()
    put(trace, "server", 5, EH | 0x8, 1, b"\0" + (2).to_bytes(4, "big"))
    put(trace, "server", 1, ES | EH, 1)
    put(trace, "server", 1, ES | EH, 2)

    assert [] == quiet(trace)


def test_what_the_clients_left_behind_is_not_owed() -> None:
    trace = asked()
    trace.note("clients leave")

    assert [] == quiet(trace)


FRAMES = st.tuples(
    st.sampled_from(["client", "server"]),
    st.sampled_from([0, 1, 3, 5, 7, 9]),
    st.sampled_from([0, ES, EH, ES | EH]),
    st.sampled_from([1, 2]),
)


@given(st.lists(st.one_of(FRAMES, st.integers(0, 5)), max_size=12))
def test_what_is_owed_is_what_event_by_event_was_asked_and_not_settled(
    moves: list[tuple[Sender, int, int, int] | int],
) -> None:
    trace = Trace()
    frames: list[int] = []
    for move in moves:
        if not isinstance(move, int):
            sender, kind, flags, stream = move
            rest = (2).to_bytes(4, "big") if kind == 5 else bytes(8)
            frames.append(put(trace, sender, kind, flags, stream, rest))
        elif move < len(frames):
            trace.delivered(frames[move])
    expected = event_by_event(trace)

    assert ["never_finished"] * expected == quiet(trace)


def event_by_event(trace: Trace) -> int:
    """How many answers are owed in the end, to requests and to promises."""
    settled: set[int] = set()
    requests: set[int] = set()
    blocks: set[int] = set()
    promises: set[int] = set()
    for event in trace:
        if isinstance(event, FrameEvent):
            if event.type == 7:
                return 0
            answers = event.sender == "server" and event.type in (0, 1) and event.flags & ES
            if answers or event.type == 3:
                settled.add(event.stream)
                for owed in (requests, blocks, promises):
                    owed.discard(event.stream)
            elif event.sender == "server" and event.type == 5:
                promises.add(2)
        elif isinstance(event, DeliveredEvent):
            frame = trace[event.frame_event]
            assert isinstance(frame, FrameEvent)
            stream, ends = frame.stream, frame.flags & ES
            if frame.sender == "server" or stream in settled:
                continue
            if frame.type == 9 and frame.flags & EH and stream in blocks:
                blocks.discard(stream)
                requests.add(stream)
            elif frame.type == 1 and ends and not frame.flags & EH:
                blocks.add(stream)
            elif frame.type in (0, 1) and ends:
                requests.add(stream)
    return len(requests) + len(promises)
