"""Field blocks ⇄ fields, from the start and from the middle of a connection."""

import hpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from h2proof.sim.hpack import (
    FieldDecoder,
    FieldEncoder,
    LateDecoder,
    NeverIndexed,
    Undecodable,
    representations,
    section_size,
)
from h2proof.sim.hpack.decoder import READ
from h2proof.sim.hpack.encoder import WRITTEN

LIBRARY_MAX = 1 << 16

lines = st.tuples(st.binary(max_size=12), st.binary(max_size=12))
sections = st.lists(lines, max_size=6).map(tuple)


@given(st.lists(sections, max_size=5))
def test_sections_come_back_in_order(history: list[tuple[tuple[bytes, bytes], ...]]) -> None:
    encoder, decoder = FieldEncoder(), FieldDecoder()

    assert history == [decoder.decode(encoder.encode(fields)) for fields in history]


def test_a_line_that_must_not_be_indexed_stays_so() -> None:
    secret = NeverIndexed(b"authorization", b"secret")
    encoder, decoder = FieldEncoder(), FieldDecoder()

    fields = decoder.decode(encoder.encode((secret,)))

    assert not isinstance(fields, Undecodable)
    assert type(fields[0]) is NeverIndexed
    assert encoder.encode((secret,)) == encoder.encode((secret,))


@given(st.binary(max_size=30))
def test_no_octets_make_a_decoder_raise(block: bytes) -> None:
    fields = FieldDecoder().decode(block)
    late = LateDecoder().decode(block)

    assert isinstance(fields, (tuple, Undecodable))
    assert isinstance(late, (tuple, Undecodable))
    if isinstance(fields, tuple):
        assert fields == late


@given(st.lists(sections, min_size=1, max_size=6), st.data())
def test_who_joins_late_knows_nothing_wrong(
    history: list[tuple[tuple[bytes, bytes], ...]], data: st.DataObject
) -> None:
    encoder, late = FieldEncoder(), LateDecoder()
    blocks = [encoder.encode(fields) for fields in history]
    missed = data.draw(st.integers(0, len(history)))

    for fields, block in list(zip(history, blocks, strict=True))[missed:]:
        seen = late.decode(block)

        assert not isinstance(seen, Undecodable)
        assert len(fields) == len(seen)
        for known, guess in zip(fields, seen, strict=True):
            assert guess[0] in (None, known[0])
            assert guess[1] in (None, known[1])
        if missed == 0:
            assert fields == seen


def test_a_size_update_above_the_announced_limit_does_not_decode() -> None:
    encoder, decoder = FieldEncoder(), FieldDecoder()
    encoder.table_size_max = 8192

    assert isinstance(decoder.decode(encoder.encode(())), Undecodable)

    decoder = FieldDecoder()
    decoder.table_size_max = 8192
    encoder = FieldEncoder()
    encoder.table_size_max = 8192

    assert () == decoder.decode(encoder.encode(()))
    assert 8192 == decoder.table_size


def test_a_block_that_expands_without_end_is_given_up() -> None:
    encoder = FieldEncoder()
    bomb = encoder.encode(((b"x", b"y" * 4000),)) + encoder.encode(((b"x", b"y" * 4000),)) * 10_000

    outcome = FieldDecoder().decode(bomb)

    assert isinstance(outcome, Undecodable)
    assert outcome.oversized
    assert isinstance(LateDecoder().decode(bomb), Undecodable)


def test_a_block_is_cut_into_its_instructions() -> None:
    encoder = FieldEncoder()
    encoder.table_size_max = 100
    block = encoder.encode(((b":method", b"GET"), (b"a", b"b"), NeverIndexed(b"c", b"d")))

    assert ["size", "indexed", "incremental", "never"] == [
        item.kind for item in representations(block)
    ]


@pytest.mark.parametrize("block", [b"\x80", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"])
def test_index_zero_and_endless_integers_do_not_decode(block: bytes) -> None:
    assert isinstance(FieldDecoder().decode(block), Undecodable)
    assert isinstance(LateDecoder().decode(block), Undecodable)


def test_a_section_is_sized_as_the_setting_counts_it() -> None:
    assert 32 + 1 + 2 + 32 == section_size(((b"a", b"bc"), (b"", b"")))


written = sections.map(FieldEncoder().encode)
octets = st.one_of(
    st.binary(max_size=30),
    written,
    st.tuples(
        st.sampled_from([b"\x20", b"\x3f\x45", b"\x3f\xe1\x1f", b"\x82", b"\xbe"]), written
    ).map(b"".join),
)


def library(decoder: hpack.Decoder, block: bytes) -> tuple[hpack.HeaderTuple, ...] | None:
    try:
        return tuple(decoder.decode(block, raw=True))
    except hpack.HPACKError:
        return None


@given(st.lists(octets, max_size=5), st.sampled_from([0, 70, 4096, 10_000]))
@example([b"\x00\x85\xf2\xb2\x4a\x84\xff\x87\x49\x51\xff\xff\xff\xfa\x7f"], 4096)
@example([b"\x1f\x80\x80\x80\x80\x80\x00"], 4096)
@example([b"\x1f\x80\x80\x80\x80\x00\x00"], 4096)
@example([b"\x40"], 4096)
@example([b"\x41"], 4096)
@example([b"\x40\x01a"], 4096)
def test_a_decoder_reads_what_the_library_reads(blocks: list[bytes], size: int) -> None:
    theirs, ours = hpack.Decoder(max_header_list_size=LIBRARY_MAX), FieldDecoder()
    ours.table_size_max = theirs.max_allowed_table_size = size

    for block in blocks:
        expected, seen = library(theirs, block), ours.decode(block)

        assert expected == (None if isinstance(seen, Undecodable) else seen)
        if expected is None or isinstance(seen, Undecodable):
            return
        assert [type(line) is NeverIndexed for line in expected] == [
            type(line) is NeverIndexed for line in seen
        ]
        assert theirs.header_table.dynamic_entries == ours.entries


def told(history: list[tuple[tuple[bytes, bytes], ...]]) -> list[object]:
    """Blocks, sections with their sizes, and tables, one step after the other."""
    encoder, decoder = FieldEncoder(), FieldDecoder()
    seen: list[object] = []
    for fields in history:
        block = encoder.encode(fields)
        read = decoder.decode(block)
        kinds = None if isinstance(read, Undecodable) else [type(line) for line in read]
        seen += [block, read, kinds, decoder.section_octets, tuple(decoder.entries)]
    return seen


few_lines = st.tuples(st.sampled_from([b"a", b"bb"]), st.sampled_from([b"", b"1", b"x" * 990]))
few_sections = st.lists(few_lines | few_lines.map(lambda line: NeverIndexed(*line)), max_size=3)


@given(st.lists(few_sections.map(tuple), max_size=50))
def test_what_is_remembered_of_other_connections_is_what_is_worked_out(
    history: list[tuple[tuple[bytes, bytes], ...]],
) -> None:
    again = [told(history) for _ in range(4)]
    READ.clear()
    WRITTEN.clear()

    assert [told(history)] * 4 == again


class LibraryEncoder:
    """The library's encoder, but for size updates, of which it forgets one that is due."""

    def __init__(self) -> None:
        self.encoder = hpack.Encoder()

    def resize(self, octets: int) -> None:
        if octets != self.encoder.header_table_size:
            self.encoder.header_table_size = octets
            changes = self.encoder.table_size_changes
            lowest = min(changes)
            changes[:] = [octets] if lowest == octets else [lowest, octets]


some_names = st.sampled_from(
    [b":method", b":path", b":status", b"accept", b"x", b"yy", b"", b"N" * 90]
)
some_texts = st.sampled_from(
    [b"", b"GET", b"/", b"200", b"a", b"\xff\0" * 9, b"v" * 50, b"w" * 300]
)
some_lines = st.builds(
    lambda line, hidden: NeverIndexed(*line) if hidden else line,
    st.tuples(some_names, some_texts) | lines,
    st.sampled_from([False, False, False, True]),
)
steps = st.lists(some_lines, max_size=6).map(tuple) | st.sampled_from([0, 40, 100, 300, 4096, 9000])


@given(st.lists(steps, max_size=12))
@example([0, 4096, ((b"x", b"a"),), ((b"x", b"a"),), 40, ((b"x", b"a"),)])
@example([tuple((b"x", b"%d" % n) for n in range(200)), ((b"x", b"3"), (b"x", b"150"))])
@example([9000, tuple((b"%d" % n, b"") for n in range(250)), ((b"%d" % 7, b"!"),)])
def test_an_encoder_writes_what_the_library_writes(
    history: list[int | tuple[tuple[bytes, bytes], ...]],
) -> None:
    theirs, ours, decoder = LibraryEncoder(), FieldEncoder(), FieldDecoder()
    decoder.table_size_max = 9000

    for step in history:
        if isinstance(step, int):
            theirs.resize(step)
            ours.table_size_max = step
            continue
        block = ours.encode(step)

        assert theirs.encoder.encode(step) == block
        assert step == decoder.decode(block)
        assert theirs.encoder.header_table.dynamic_entries == decoder.entries


def test_a_block_that_only_empties_the_table_is_remembered_as_that() -> None:
    for _ in range(4):
        encoder, decoder = FieldEncoder(), FieldDecoder()
        decoder.decode(encoder.encode(((b"x", b"emptied"),)))
        assert len(decoder.entries) == 1

        encoder.table_size_max = 0
        encoder.table_size_max = 4096

        assert decoder.decode(encoder.encode(())) == ()
        assert len(decoder.entries) == 0


@given(st.lists(sections, max_size=5), sections)
def test_an_encoder_goes_on_with_the_table_of_a_decoder(
    history: list[tuple[tuple[bytes, bytes], ...]], fields: tuple[tuple[bytes, bytes], ...]
) -> None:
    encoder, decoder, heir = FieldEncoder(), FieldDecoder(), FieldEncoder()
    for section in history:
        decoder.decode(encoder.encode(section))

    heir.adopt(decoder)

    assert encoder.encode(fields) == heir.encode(fields)
