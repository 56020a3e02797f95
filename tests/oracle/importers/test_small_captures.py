"""Four small real captures that come with the suite: a push, its copies, TLS 1.2, an upgrade."""

from pathlib import Path

from tests.oracle.importers.reading import read, rows

from h2proof.oracle.reports.checked import Counts
from h2proof.oracle.reports.counts import count

CAPTURES = Path(__file__).parents[2] / "data" / "captures"


def test_a_cancelled_push_is_counted() -> None:
    [imported], _ = read(CAPTURES / "pyh2-nghttpd-push-cancel.pcapng")
    [counts] = count(imported.trace)

    assert imported.complete
    assert 3 == counts.promised
    assert counts.resets


def test_retransmissions_and_overlaps_change_nothing() -> None:
    [clean], _ = read(CAPTURES / "pyh2-nghttpd-push-cancel.pcapng")
    [repeated], _ = read(CAPTURES / "syn-dup-push-cancel.pcap")

    assert rows(clean.trace) == rows(repeated.trace)


def test_tls_is_read_with_the_keys_that_the_capture_carries() -> None:
    [imported], account = read(CAPTURES / "curl-nghttpd-tls12-get.pcapng")

    assert "tls" == imported.trace.connections[0].transport
    assert "h2" == imported.alpn
    assert "" == imported.locked
    assert imported.complete
    assert {} == account.skipped
    assert len(rows(imported.trace)) > 5


def test_an_upgrade_gives_its_request_and_settings() -> None:
    [imported], _ = read(CAPTURES / "nghttp-nghttpx-upgrade.pcapng")
    [info] = imported.trace.connections

    assert "h2c-upgrade" == info.transport
    assert info.upgrade_fields is not None
    assert dict(info.upgrade_fields)[b":path"].startswith(b"/")
    assert info.upgrade_settings is not None
    assert 0 == len(info.upgrade_settings) % 6
    assert [1] == [counts.streams for counts in count(imported.trace) if isinstance(counts, Counts)]
