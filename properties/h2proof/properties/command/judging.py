"""From the name of an input to what is known about it: read, judged, counted, ready for a report.

Several inputs may be worked on in processes side by side; the results come in the order of the
names. What a result means for an exit code or a report is not known here.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from h2proof.oracle import importers
from h2proof.oracle.importers import Account, CannotRead, Imported, Options
from h2proof.oracle.reports.checked import Checked, CheckedConnection
from h2proof.oracle.reports.counts import count
from h2proof.oracle.verdict import Unknown, Verdict
from h2proof.properties.command.progress import progress


class Wishes(NamedTuple):
    """How each input is to be read and judged; `stream` keeps what concerns one stream only."""

    options: Options
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    stream: int | None = None


def check_all(names: Sequence[str], wishes: Wishes, processes: int) -> Iterator[Checked]:
    """Every input, in its order, in so many processes."""
    processes = min(processes, len(names))
    if processes > 1:
        from concurrent.futures import ProcessPoolExecutor  # one process does without

        with ProcessPoolExecutor(processes) as pool:
            yield from pool.map(partial(check, wishes=wishes), names)
        return
    with progress(names) as account:
        for name in names:
            yield check(name, wishes, account(name))


def check(name: str, wishes: Wishes, account: Account | None = None) -> Checked:
    """Read and judge one input; whatever is wrong with it becomes its `error`."""
    account = Account() if account is None else account
    connections: list[CheckedConnection] = []
    error, locked = None, ""
    try:
        for imported in importers.read(name, wishes.options, account):
            locked = locked or imported.locked
            connections += _judged(imported, wishes)
    except CannotRead as trouble:
        error = str(trouble)
    locked = locked or account.locked
    connections.sort(key=lambda one: one.number)
    if error is None and account.damage:
        error = f"{name}: {account.damage[0]}"
    if error is None and locked and not any(one.counts.frames for one in connections):
        error = f"{name}: {locked}"
    skipped = tuple(sorted(account.skipped.items()))
    return Checked(name, error, tuple(connections), account.form, account.packets, skipped)


def _judged(imported: Imported, wishes: Wishes) -> Iterator[CheckedConnection]:
    verdict = _verdict(imported, wishes)
    trace = imported.trace
    only = wishes.stream
    for place, (info, counts) in enumerate(zip(trace.connections, count(trace), strict=True)):
        part = verdict.of_connection(place)
        yield CheckedConnection(
            imported.number + place,
            info.client,
            info.server,
            info.transport,
            imported.complete,
            counts,
            tuple(each for each in part.findings if only in (None, each.stream)),
            tuple(each for each in part.unknowns if only in (None, each.stream)),
            tuple(str(gap) for gap in imported.gaps),
            imported.alpn,
            imported.title,
        )


def _verdict(imported: Imported, wishes: Wishes) -> Verdict:
    if imported.locked:
        message = f"nothing of this connection can be judged: {imported.locked}"
        return Verdict((), (Unknown("undecryptable", message, 0, "client", 0, 0),))
    from h2proof.oracle import judge  # an input that cannot be read does without

    return judge(imported.trace, select=wishes.select, ignore=wishes.ignore)
