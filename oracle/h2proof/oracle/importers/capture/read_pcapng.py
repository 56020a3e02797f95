"""The importer of pcapng captures, with the TLS secrets that they may carry."""

from collections.abc import Iterator

from h2proof.oracle.importers.capture import pcapng
from h2proof.oracle.importers.capture.connections import Connections
from h2proof.oracle.importers.capture.keys import KeyLogs
from h2proof.oracle.importers.imported import Account, Imported, Options
from h2proof.oracle.importers.source import Source


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The connections of a capture, each when it is over."""
    keys = KeyLogs(options.keylog)
    packets = pcapng.packets(source, account, keys.add)
    yield from Connections(options, account, keys).read(packets)
