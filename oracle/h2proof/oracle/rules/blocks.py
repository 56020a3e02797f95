"""Field blocks (RFC 9113 §4.3, §6.10) and their compression (RFC 7541)."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.lifting import SETS, lifting
from h2proof.oracle.replay.sent import CONTINUATION, HEADERS, PUSH_PROMISE, Sent
from h2proof.oracle.replay.settings import HEADER_TABLE_SIZE
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.framing import ANY
from h2proof.oracle.rules.rule import Fact, Stage, connection, rule

BLOCKS: Final = (HEADERS, PUSH_PROMISE, CONTINUATION)
_COMPRESSION_ERROR: Final = connection("COMPRESSION_ERROR")


@rule(
    ANY,
    "9113-4.3-02",
    "9113-4.3-03",
    "9113-6.2-04",
    "9113-6.3-03",
    "9113-6.6-04",
    "9113-6.10-01",
    "9113-8.1-06",
    "9113-8.4.1-07",
    answer=connection("PROTOCOL_ERROR"),
    reacts=("9113-6.2-05", "9113-6.6-05", "9113-6.10-02", "9113-5.5-03"),
)
def field_block_is_interrupted(view: View, sent: Sent) -> Iterator[Fact]:
    """Nothing comes between the frames of a field block."""
    lock = view.lock
    if lock is None or (sent.type == CONTINUATION and sent.stream == lock.stream):
        return
    yield Fact(f"{sent.name} stands inside a field block")
    yield Fact(f"the field block of {lock.name} was not complete", lock.event)


@rule(
    CONTINUATION,
    "9113-6.10-05",
    "9113-4.3-03",
    answer=connection("PROTOCOL_ERROR"),
    reacts=("9113-6.10-06",),
)
def continuation_without_block(view: View, sent: Sent) -> Iterator[Fact]:
    """CONTINUATION goes on with a field block that is not complete."""
    if view.lock is None:
        yield Fact(f"{sent.name} continues no field block")


# -- compression --


def _fails(sent: Sent, *reasons: str) -> Iterator[Fact]:
    section = sent.section
    if section is not None and section.complaint and section.reason in reasons:
        yield Fact(f"the field block of {section.of} does not decode: {section.complaint}")


@rule(
    BLOCKS,
    "7541-2.3.3-02",
    "7541-2.2-01",
    "7541-2.3.2-01",
    "7541-2.3.3-01",
    "7541-3.2-01",
    "7541-4.1-01",
    "7541-4.3-01",
    "7541-4.4-01",
    "7541-4.4-03",
    "9113-4.3.1-01",
    stage=Stage.OWN,
    answer=_COMPRESSION_ERROR,
    reacts=("7541-2.3.3-02", "9113-4.3-07"),
    blindly=True,
)
def index_names_no_entry(view: View, sent: Sent) -> Iterator[Fact]:
    """An index names an entry of the static table or of the encoder's own dynamic table."""
    return _fails(sent, "index")


@rule(
    BLOCKS,
    "7541-6.1-01",
    answer=_COMPRESSION_ERROR,
    reacts=("7541-6.1-01", "9113-4.3-07"),
    blindly=True,
)
def index_is_0(view: View, sent: Sent) -> Iterator[Fact]:
    """No field is indexed with 0."""
    return _fails(sent, "zero")


@rule(
    BLOCKS,
    "7541-5.2-01",
    "7541-5.2-02",
    answer=_COMPRESSION_ERROR,
    reacts=("7541-5.2-03", "7541-5.2-04", "7541-5.2-05", "9113-4.3-07"),
    blindly=True,
)
def huffman_string_is_wrong(view: View, sent: Sent) -> Iterator[Fact]:
    """A Huffman-coded string has symbols of the code, no EOS, and up to 7 ones of padding."""
    return _fails(sent, "huffman")


@rule(
    BLOCKS,
    "7541-5.1-01",
    answer=_COMPRESSION_ERROR,
    reacts=("7541-5.1-02", "9113-4.3-07"),
    blindly=True,
)
def integer_is_wrong(view: View, sent: Sent) -> Iterator[Fact]:
    """An integer or a string in a field block is whole and within reason."""
    return _fails(sent, "integer", "other")


@rule(
    BLOCKS,
    "7541-4.2-02",
    answer=_COMPRESSION_ERROR,
    reacts=("9113-4.3-07",),
    blindly=True,
)
def size_update_is_late(view: View, sent: Sent) -> Iterator[Fact]:
    """A change of the table size is signalled at the beginning of a field block."""
    return _fails(sent, "late update")


@rule(
    BLOCKS,
    "7541-4.2-04",
    answer=connection("COMPRESSION_ERROR", "accept"),
    blindly=True,
)
def too_many_size_updates(view: View, sent: Sent) -> Iterator[Fact]:
    """A field block begins with two size updates at most."""
    if sent.section is not None and len(sent.section.updates) > 2:
        yield Fact(f"a field block begins with {len(sent.section.updates)} size updates")


@rule(
    BLOCKS,
    "7541-4.2-01",
    "7541-6.3-01",
    "9113-4.3.1-01",
    "9113-6.5.2-01",
    stage=Stage.PEER,
    answer=_COMPRESSION_ERROR,
    reacts=("7541-6.3-02", "9113-4.3-07"),
    lifts=lambda view, sent: (lifting(SETS, HEADER_TABLE_SIZE),),
)
def size_update_exceeds_limit(view: View, sent: Sent) -> Iterator[Fact]:
    """The encoder's table stays within the peer's HEADER_TABLE_SIZE."""
    if sent.section is None or not sent.section.updates:
        return
    size, limit = max(sent.section.updates), view.table_limit()
    if size > limit:
        yield Fact(f"the table size is set to {size} where {limit} is allowed")
        event = view.setting_event(HEADER_TABLE_SIZE)
        if event >= 0:
            yield Fact("the latest HEADER_TABLE_SIZE came", event)


@rule(
    BLOCKS,
    "9113-4.3.1-04",
    "9113-4.3.1-02",
    "9113-4.3.1-03",
    "7541-4.2-01",
    "7541-4.2-03",
    "7541-6.3-01",
    answer=_COMPRESSION_ERROR,
    reacts=("9113-4.3.1-05", "9113-4.3-07"),
)
def size_update_is_missing(view: View, sent: Sent) -> Iterator[Fact]:
    """After acknowledging a smaller table the next field block begins with a size update."""
    section, due = sent.section, view.due
    if (
        section is None
        or section.told
        or due is None
        or (section.updates and section.updates[0] <= due)
    ):
        return
    cites: tuple[str, ...] = ("9113-4.3.1-04", "9113-4.3.1-02", "9113-4.3.1-03", "7541-4.2-03")
    if section.updates:
        cites += ("7541-4.2-01", "7541-6.3-01")
    text = f"the field block does not begin with a size update to {due} or less"
    yield Fact(text, cites=cites)
    yield Fact("the reduction was acknowledged", view.due_event)


RULES: Final = (
    field_block_is_interrupted,
    continuation_without_block,
    index_is_0,
    index_names_no_entry,
    huffman_string_is_wrong,
    integer_is_wrong,
    size_update_is_late,
    too_many_size_updates,
    size_update_exceeds_limit,
    size_update_is_missing,
)
