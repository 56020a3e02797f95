"""The importer of our text notation: each titled trace of the text, with lines as packets."""

from collections.abc import Iterator

from h2proof.oracle.importers.capture.builder import is_complete
from h2proof.oracle.importers.imported import Account, CannotRead, Imported, Options
from h2proof.oracle.importers.source import Source
from h2proof.sim.notation import NotationError, parse


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The traces of a text, in order; CannotRead names the first line that is none."""
    text = source.text(options.limits.text_octets_max)
    try:
        titled = parse(text)
    except NotationError as error:
        raise CannotRead(f"{source.name}: {error}") from None
    number = 0
    for each in titled:
        trace = each.numbered()
        yield Imported(number, trace, is_complete(trace), title=each.title)
        number += len(trace.connections)
