"""The limits an endpoint sets for itself, beyond what the RFC demands (RFC 9113 §10.5).

The RFC names the abuses and leaves the numbers open; each default here says where it comes from.
Nothing here knows a clock: a Connection counts, so that equal octets always meet equal limits.
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Limits:
    """Every number an endpoint refuses to go beyond; None switches a limit off."""

    streams_max: int = 1000
    """Streams of the peer that may be open at once, acknowledged settings or not. A peer that never
    acknowledges SETTINGS is bound by nothing else. Ten times the 100 streams that §6.5.2 calls the
    least to announce. One more is answered with REFUSED_STREAM."""

    reserved_streams_max: int = 1000
    """Promises a client keeps waiting. Reserved streams escape the announced concurrency (§5.1.2),
    which is why §10.5 asks for this limit and names its code, ENHANCE_YOUR_CALM."""

    field_section_octets_max: int = 65_536
    """Size of a field section, counted as §6.5.2 counts it. What Chromium and nghttp2 read is of
    this order, Go's default is sixteen times as much. A larger section costs its stream
    (ENHANCE_YOUR_CALM); the block was decoded, so the connection lives on (§10.5.1)."""

    field_expansion_octets_max: int = 1 << 20
    """How far one block may expand before its decoding is given up. A few octets can name a large
    table entry over and over; past this size decoding would serve the attacker only. Without the
    rest of the block the table is lost, so this one is a connection error (§4.3)."""

    field_block_octets_max: int = 262_144
    """Compressed octets of one field block, the only thing that a peer can make us keep without a
    window. Four times the section limit: no honest coding expands that far."""

    continuations_max: int = 1024
    """CONTINUATION frames in one block; empty ones would otherwise run for ever (the flood of
    2024). Far above what splitting at 16,384 octets needs, low enough to end at once."""

    encoder_table_octets_max: int = 65_536
    """The most of a peer's SETTINGS_HEADER_TABLE_SIZE that our encoder uses. The peer may announce
    2^32-1, and the memory is ours (RFC 7541 §4.2 lets an encoder choose less)."""

    fruitless_frames_max: int = 100_000
    """Frames in a row that only ask for an answer or do nothing: PING, SETTINGS, PRIORITY, empty
    DATA, late frames on closed streams. Go's server gives up at 10,000 replies in its queue; this
    counts the frames, flushed or not, hence ten times that."""

    resets_max: int | None = None
    """How many more streams the peer may reset than it lets end ("rapid reset", 2023). Off: a reset
    costs this endpoint nothing but its tombstone. A model of a server that starts work for each
    request sets it; nghttp2 allows a burst of 1,000."""

    reset_streams_known_max: int | None = None
    """How many streams that we reset stay known as such; older ones count as ended, so that a late
    frame on them is an error again. Off: a tombstone is five octets, and forgetting it would punish
    a peer for frames it sent in good faith (§5.4.2)."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value: object = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            if not isinstance(value, int) or value < 0:
                raise ValueError(f"{field.name} is {value!r}; give a number of 0 or more")
