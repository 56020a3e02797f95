"""The importer of pcap captures."""

from collections.abc import Iterator

from h2proof.oracle.importers.capture import pcap
from h2proof.oracle.importers.capture.connections import Connections
from h2proof.oracle.importers.capture.keys import KeyLogs
from h2proof.oracle.importers.imported import Account, Imported, Options
from h2proof.oracle.importers.source import Source


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The connections of a capture, each when it is over."""
    packets = pcap.packets(source, account)
    yield from Connections(options, account, KeyLogs(options.keylog)).read(packets)
