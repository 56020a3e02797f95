"""TCP as captures show it: copies, disorder, holes, ends, and what each side can have known."""

from pathlib import Path
from struct import pack_into

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.oracle.importers import wire
from tests.oracle.importers.reading import read, rows, rows_of
from tests.oracle.importers.wire import CLIENT, SERVER, Talk, frame, pcap, small_talk

from h2proof.oracle.importers import Limits, Options
from h2proof.sim.trace import CutEvent, OctetsEvent

BODY = bytes(range(256)) * 40


def long_talk() -> Talk:
    """A response of several segments, each acknowledged."""
    talk = Talk(mss=700).open().say(CLIENT, wire.CLIENT_OPENING)
    octets = frame(4, 0, 0) + frame(4, 1, 0) + frame(1, 4, 1, wire.OK)
    octets += frame(0, 0, 1, BODY[:5000]) + frame(0, 1, 1, BODY[5000:])
    for start in range(0, len(octets), 700):
        talk.say(SERVER, octets[start : start + 700]).acknowledge(CLIENT)
    return talk.say(CLIENT, frame(4, 1, 0)).close()


@given(order=st.permutations(range(12)), copies=st.lists(st.integers(0, 40), max_size=8))
@hypothesis_settings(max_examples=60)
def test_disorder_and_copies_of_one_direction_change_nothing(
    order: list[int], copies: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The server's segments in any order within a window, some of them again."""
    path = tmp_path_factory.getbasetemp() / "disorder"
    packets = long_talk().packets()
    [plain], _ = read(path, pcap(packets))
    mixed = packets[:4] + [packets[4 + place] for place in order] + packets[16:]
    for copy in copies:
        mixed.insert(min(copy + 6, len(mixed)), packets[min(copy, len(packets) - 1)])
    [imported], _ = read(path, pcap(mixed))

    for sender in ("client", "server"):
        assert rows_of(plain.trace, sender) == rows_of(imported.trace, sender)


@given(cuts=st.lists(st.integers(1, 300), min_size=1, max_size=30))
@hypothesis_settings(max_examples=40)
def test_where_segments_are_cut_changes_nothing(
    cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "cuts"
    [plain], _ = read(path, pcap(small_talk().packets()))
    talk = Talk().open()
    for side, octets in ((CLIENT, wire.CLIENT_OPENING), (SERVER, wire.SERVER_ANSWER)):
        offset = 0
        for cut in [*cuts, len(octets)]:
            talk.say(side, octets[offset : offset + cut])
            offset += cut
    talk.say(CLIENT, frame(4, 1, 0)).close()
    [imported], _ = read(path, pcap(talk.packets()))

    assert rows(plain.trace) == rows(imported.trace)
    assert imported.complete


def test_the_first_copy_of_an_octet_counts(tmp_path: Path) -> None:
    """A retransmission with other content is a copy that the receiver had no use for."""
    talk = Talk().open().say(CLIENT, wire.CLIENT_OPENING)
    talk.say(SERVER, wire.SERVER_ANSWER[:20])
    talk.sent[SERVER] -= 11
    talk.say(SERVER, bytes(11) + wire.SERVER_ANSWER[20:]).close()
    [imported], _ = read(tmp_path / "x", pcap(talk.packets()))

    assert ("server", 0, 1, 1, 5, b"hello") == rows_of(imported.trace, "server")[-1]


def without(packets: list[bytes], *numbers: int) -> list[bytes]:
    return [each for number, each in enumerate(packets, 1) if number not in numbers]


def test_a_hole_inside_data_costs_only_content(tmp_path: Path) -> None:
    packets = long_talk().packets()
    [plain], _ = read(tmp_path / "x", pcap(packets))
    [imported], _ = read(tmp_path / "x", pcap(without(packets, 9)))

    headers = [row[:-1] for row in rows(imported.trace)]
    assert sorted(row[:-1] for row in rows(plain.trace)) == sorted(headers)
    assert not imported.complete
    assert ["700 octets of the server: content of DATA, not in the capture (behind packet 7)"] == [
        str(gap) for gap in imported.gaps
    ]


def test_a_hole_over_a_header_is_a_cut_and_frames_are_found_again(tmp_path: Path) -> None:
    talk = Talk().open().say(CLIENT, wire.CLIENT_OPENING)
    for stream in range(3, 40, 2):
        talk.say(CLIENT, frame(1, 5, stream, wire.GET)).acknowledge(SERVER)
    packets = talk.close().packets()
    [plain], _ = read(tmp_path / "x", pcap(packets))
    [imported], _ = read(tmp_path / "x", pcap(without(packets, 9, 10)))

    lost = [row for row in rows(plain.trace) if row not in rows(imported.trace)]
    cuts = [event for event in imported.trace if isinstance(event, CutEvent)]
    assert [("client", 1, 5, 7, len(wire.GET), wire.GET)] == lost
    assert [("client", "lost", 23)] == [
        (each.sender, each.how, each.octets) for each in cuts if each.how == "lost"
    ]


def test_a_capture_that_starts_late_is_cut_late_and_knows_its_client(tmp_path: Path) -> None:
    """The ports say nothing: the client is known by its request."""
    talk = Talk(ports=(443, 50123)).open()
    talk.say(CLIENT, wire.CLIENT_OPENING).say(SERVER, wire.SERVER_ANSWER)
    talk.say(CLIENT, frame(1, 5, 3, wire.GET)).say(SERVER, frame(1, 5, 3, wire.OK)).close()
    packets = talk.packets()
    for swapped in (False, True):
        late = [packets[6], packets[5], *packets[7:]] if swapped else packets[5:]
        [imported], _ = read(tmp_path / "x", pcap(late))

        info = imported.trace.connections[0]
        first = [event for event in imported.trace if isinstance(event, CutEvent)][:2]
        assert ("10.0.0.1:443", "10.0.0.2:50123") == (info.client, info.server)
        assert [("client", "late"), ("server", "late")] == [(e.sender, e.how) for e in first]
        assert ("client", 1, 5, 3, len(wire.GET), wire.GET) in rows(imported.trace)
        assert not imported.complete


def test_a_snap_length_costs_what_it_cuts_off(tmp_path: Path) -> None:
    packets = long_talk().packets()
    [plain], _ = read(tmp_path / "x", pcap(packets))
    [imported], _ = read(tmp_path / "x", pcap(packets, snap=200))

    assert rows(plain.trace)[:3] == rows(imported.trace)[:3]
    assert not imported.complete
    assert all(row[1] in (0, 1, 4) for row in rows(imported.trace)), "nothing was made up"


def test_an_end_inside_a_frame_keeps_what_there_is(tmp_path: Path) -> None:
    talk = Talk().open().say(CLIENT, wire.CLIENT_OPENING)
    talk.say(SERVER, frame(4, 0, 0) + frame(0, 1, 1, BODY)[:50]).close()
    [imported], _ = read(tmp_path / "x", pcap(talk.packets()))
    [loose] = [event for event in imported.trace if isinstance(event, OctetsEvent)]

    assert frame(0, 1, 1, BODY)[:50] == loose.octets
    assert not imported.complete


def test_what_the_sender_can_have_known_follows_from_acknowledgments(tmp_path: Path) -> None:
    """The second request was sent before the client had the server's answer."""
    talk = Talk().open().say(CLIENT, wire.CLIENT_OPENING)
    talk.say(SERVER, wire.SERVER_ANSWER)
    before = talk.sent[SERVER]
    talk.sent[SERVER] = 1  # the client has acknowledged the handshake only
    talk.say(CLIENT, frame(1, 5, 3, wire.GET))
    talk.sent[SERVER] = before
    talk.say(CLIENT, frame(1, 5, 5, wire.GET)).close()
    [imported], _ = read(tmp_path / "x", pcap(talk.packets()))

    knew = {event.stream: event.knew for event in imported.trace.frames() if event.type == 1}
    assert {3: 0, 5: None} == {stream: knew[stream] for stream in (3, 5)}


def test_an_acknowledgment_ahead_of_the_file_puts_the_file_in_order(tmp_path: Path) -> None:
    """The client answers in the file before the server has spoken; its numbers know better."""
    packets = small_talk().packets()
    swapped = [*packets[:4], packets[5], packets[4], *packets[6:]]
    [imported], _ = read(tmp_path / "x", pcap(swapped))
    [plain], _ = read(tmp_path / "x", pcap(packets))

    assert rows(plain.trace) == rows(imported.trace)


def test_a_new_connection_between_the_same_ends_is_another_one(tmp_path: Path) -> None:
    first, second = small_talk(), small_talk(first_sequences=(777_000, 888_000))
    found, _ = read(tmp_path / "x", pcap(first.packets() + second.packets()))

    assert [0, 1] == [imported.number for imported in found]
    assert rows(found[0].trace) == rows(found[1].trace)
    assert all(imported.complete for imported in found)


def test_a_connection_behind_one_that_was_joined_late_is_another_one(tmp_path: Path) -> None:
    late = Talk().open().say(CLIENT, wire.CLIENT_OPENING).say(SERVER, wire.SERVER_ANSWER)
    late.say(CLIENT, frame(1, 5, 3, wire.GET)).say(SERVER, frame(1, 5, 3, wire.OK))
    fresh = small_talk(first_sequences=(777_000, 888_000))
    found, _ = read(tmp_path / "x", pcap(late.packets()[5:] + fresh.packets()))

    assert [False, True] == [imported.complete for imported in found]
    assert 7 == len(rows(found[1].trace))


def test_a_handshake_in_the_wrong_order_is_one_connection(tmp_path: Path) -> None:
    packets = small_talk().packets()
    [imported], _ = read(tmp_path / "x", pcap([packets[1], packets[0], *packets[2:]]))

    assert imported.complete
    assert 7 == len(rows(imported.trace))


def test_ports_and_numbers_filter_connections(tmp_path: Path) -> None:
    capture = pcap(small_talk().packets() + small_talk(ports=(40001, 9090)).packets())
    for options, number in ((Options(port=9090), 1), (Options(connection=0), 0)):
        [imported], account = read(tmp_path / "x", capture, options)

        assert number == imported.number
        assert 1 == sum(account.skipped.values())


def test_a_table_that_is_full_gives_up_the_longest_silent(tmp_path: Path) -> None:
    talks = [small_talk(ports=(30000 + number, 8080)) for number in range(60)]
    packets = [packet for talk in talks for packet in talk.packets()[:-3]]
    options = Options(limits=Limits(connections_max=20), keep_data=True)
    found, account = read(tmp_path / "x", pcap(packets), options)

    assert list(range(60)) == [imported.number for imported in found]
    assert account.skipped


def test_octets_that_wait_are_bounded(tmp_path: Path) -> None:
    """A hole that never closes does not hold the rest of the connection for ever."""
    talk = Talk().open().say(CLIENT, wire.CLIENT_OPENING)
    for _ in range(300):
        talk.say(SERVER, frame(0, 0, 1, BODY[:1000]))
    packets = without(talk.close().packets(), 6)
    limits = Limits(connection_octets_max=20_000)
    [imported], _ = read(tmp_path / "x", pcap(packets), Options(limits=limits))

    assert 295 < len(rows_of(imported.trace, "server"))


def test_damaged_tcp_headers_are_counted(tmp_path: Path) -> None:
    packets = small_talk().packets()
    damaged = bytearray(packets[3])
    pack_into(">B", damaged, 14 + 20 + 12, 0x20)
    found, account = read(tmp_path / "x", pcap([*packets[:3], bytes(damaged), *packets[3:]]))

    assert 1 == len(found)
    assert {"packets: damaged TCP header": 1} == account.skipped
