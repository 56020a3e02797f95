"""The importer of our traces as JSON."""

from collections.abc import Iterator

from h2proof.oracle.importers.capture.builder import is_complete
from h2proof.oracle.importers.imported import Account, CannotRead, Imported, Options
from h2proof.oracle.importers.source import Source
from h2proof.sim.trace import Trace


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The one trace of the input; CannotRead says what is wrong with it."""
    try:
        trace = Trace.from_json(source.text(options.limits.text_octets_max))
    except ValueError as error:
        raise CannotRead(f"{source.name}: {error}") from None
    yield Imported(0, trace, is_complete(trace))
