"""What the strategies of frames and conversations make, and what they shrink to."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import find, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from h2proof.properties import strategies
from h2proof.properties.strategies.conversations import OPERATIONS, conversation, opening
from h2proof.sim.codec import PREFACE, decode, encode, split_frames
from h2proof.sim.errors import Fault
from h2proof.sim.frames import AnyFrame, Data, Ping, Settings, Unreadable, WindowUpdate
from h2proof.sim.trace import SENDERS, Sender

few = hypothesis_settings(max_examples=25)


def _any(value: object) -> Any:
    """A value that no type checker would let pass."""
    return value


@given(strategies.frames())
@few
def test_a_legal_frame_survives_the_wire(frame: AnyFrame) -> None:
    [(header, payload)], rest = split_frames(encode(frame))

    assert rest == b""
    assert frame == decode(header, payload)
    assert not isinstance(frame, Unreadable)


@given(st.data(), st.sampled_from(SENDERS))
@few
def test_no_side_is_made_to_send_what_only_the_other_may(
    data: st.DataObject, sender: Sender
) -> None:
    frame = data.draw(strategies.frames(sender=sender))

    forbidden = ("PushPromise", "Origin", "AltSvc") if sender == "client" else ("PriorityUpdate",)
    assert type(frame).__name__ not in forbidden


def test_a_legal_frame_shrinks_to_the_plainest_of_its_type() -> None:
    data = find(strategies.frames(), lambda frame: isinstance(frame, Data))

    assert Settings(ack=True) == find(strategies.frames(), lambda _: True)
    assert Data(1) == data


def test_a_hostile_frame_shrinks_to_an_increment_of_nothing() -> None:
    assert WindowUpdate(1, 0) == find(strategies.hostile_frames(), lambda _: True)


def test_some_hostile_frames_have_no_form() -> None:
    unreadable = find(strategies.hostile_frames(), lambda frame: isinstance(frame, Unreadable))

    assert isinstance(unreadable, Unreadable)
    assert isinstance(unreadable.fault, Fault)


@given(strategies.mutated_frames())
@few
def test_a_mutated_frame_is_octets_whatever_they_make(octets: bytes) -> None:
    frames, rest = split_frames(octets)

    assert octets.endswith(rest)
    for header, payload in frames:
        decode(header, payload)


@pytest.mark.parametrize("sender", SENDERS)
def test_every_operation_puts_octets_on_the_wire_for_all_its_numbers(sender: Sender) -> None:
    start = len(opening(sender))
    for number in range(1, len(OPERATIONS) + 1):
        for x in range(256):
            octets = conversation(bytes((number, x, x, 255 - x)), sender)

            assert len(octets) > start


@given(st.lists(st.tuples(st.integers(1, 255), *[st.integers(0, 255)] * 3), max_size=5))
@few
def test_an_octet_0_between_operations_stands_for_nothing(
    operations: list[tuple[int, ...]],
) -> None:
    close = b"".join(map(bytes, operations))
    apart = b"".join(bytes((0, *operation, 0)) for operation in operations)

    assert conversation(close, "client") == conversation(apart, "client")


def test_a_conversation_shrinks_to_the_one_operation_that_matters() -> None:
    ping = encode(Ping(bytes(8)))
    octets = find(
        strategies.conversations(),
        lambda octets: any(header.type == 6 for header, _ in split_frames(octets[24:])[0]),
        settings=hypothesis_settings(max_examples=2000, database=None),
    )

    assert opening("client") + ping == octets


def test_a_conversation_shrinks_to_its_opening() -> None:
    octets = find(strategies.conversations(), lambda _: True)

    assert opening("client") == octets
    assert octets.startswith(PREFACE)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: strategies.frames(streams=0), "streams=0: give a number from 1"),
        (lambda: strategies.frames(octets=_any(1.5)), "octets=1.5: give a whole number"),
        (
            lambda: strategies.frames(sender=_any("proxy")),
            "sender='proxy': there are client, server",
        ),
        (lambda: strategies.mutated_frames(damages=0), "damages=0"),
        (lambda: strategies.conversations(operations=-1), "operations=-1"),
        (lambda: strategies.chunkings(octets=257), "octets=257"),
        (lambda: strategies.behaviours(names=("angry",)), "names='angry': there are polite"),
        (lambda: strategies.scenarios(clients=0), "clients=0"),
        (lambda: strategies.bulk_scenarios(clients=0), "clients=0"),
        (
            lambda: strategies.field_sections(message=_any("push")),
            "message='push': there are request",
        ),
        (lambda: strategies.link_values(links=-1), "links=-1"),
        (lambda: strategies.near_link_values(slips=0), "slips=0"),
        (lambda: strategies.schedules(choices=-1), "choices=-1"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused_with_a_sentence(
    wrong: Callable[[], object], sentence: str
) -> None:
    with pytest.raises(InvalidArgument, match=sentence.replace("(", r"\(")):
        wrong()
