"""Whatever people have, read faithfully: captures and logs become traces.

`read` opens an input, recognises it by its content, and gives its connections one after the other.
An importer never invents what its input does not say: what is missing stays missing in the trace.
"""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple, cast

from h2proof.oracle.importers import recognise
from h2proof.oracle.importers.imported import (
    Account,
    CannotRead,
    Gap,
    Imported,
    Limits,
    Options,
    Reader,
)
from h2proof.oracle.importers.source import Source, open_source

__all__ = [
    "IMPORTERS",
    "Account",
    "CannotRead",
    "Gap",
    "Imported",
    "Importer",
    "Limits",
    "Options",
    "read",
]


class Importer(NamedTuple):
    """A format: how its start looks, and the module whose `read` reads it."""

    recognise: Callable[[bytes], bool]
    module: str
    sentence: str


_HERE: Final = "h2proof.oracle.importers"

IMPORTERS: Final[dict[str, Importer]] = {
    "pcapng": Importer(recognise.pcapng, f"{_HERE}.capture.read_pcapng", "captures of Wireshark"),
    "pcap": Importer(recognise.pcap, f"{_HERE}.capture.read_pcap", "captures of tcpdump"),
    "json": Importer(recognise.our_json, f"{_HERE}.our_json", "our traces"),
    "tshark-json": Importer(recognise.tshark_json, f"{_HERE}.logs.tshark_json", "tshark -T json"),
    "tshark-ek": Importer(recognise.tshark_ek, f"{_HERE}.logs.tshark_ek", "tshark -T ek"),
    "tshark-pdml": Importer(recognise.tshark_pdml, f"{_HERE}.logs.tshark_pdml", "tshark -T pdml"),
    "tshark-text": Importer(recognise.tshark_text, f"{_HERE}.logs.tshark_text", "tshark -V"),
    "netlog": Importer(recognise.netlog, f"{_HERE}.logs.netlog", "NetLogs of Chromium"),
    "go": Importer(recognise.go, f"{_HERE}.logs.go", "GODEBUG=http2debug=2"),
    "nghttp": Importer(recognise.nghttp, f"{_HERE}.logs.nghttp", "nghttp -v, nghttpd -v"),
    "curl": Importer(recognise.curl, f"{_HERE}.logs.curl", "curl -v, curl --trace-ascii"),
    "text": Importer(recognise.our_text, f"{_HERE}.our_text", "our text notation"),
}
"""Asked in this order; the first that recognises the start of an input reads it."""


def read(
    name: str | Path, options: Options | None = None, account: Account | None = None
) -> Iterator[Imported]:
    """The connections of a file (or of stdin, for "-"), each as soon as it is over.

    CannotRead, with one sentence, if nothing can be read; what is wrong with a part of the input is
    noted in `account` and costs only that part.
    """
    options = Options() if options is None else options
    account = Account() if account is None else account
    source = account.source = open_source(name)
    try:
        reader = _reader(source, account)
        yield from filter(partial(_wanted, options), reader(source, options, account))
        if source.cut_off:
            account.damaged(f"the compressed input is damaged: {source.cut_off}")
    finally:
        source.close()


def _wanted(options: Options, imported: Imported) -> bool:
    """Captures leave out what is not asked for before they put it together; logs and texts do not."""
    return options.connection in (None, imported.number)


def _reader(source: Source, account: Account) -> Reader:
    for name, importer in IMPORTERS.items():
        if importer.recognise(source.head):
            account.form = name
            return cast(Reader, import_module(importer.module).read)
    forms = ", ".join(IMPORTERS)
    raise CannotRead(f"{source.name}: of no format that is read here ({forms})")
