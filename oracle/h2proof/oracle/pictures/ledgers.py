"""What a notebook shows of a ledger: its accounts as a table, and as a chart."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from h2proof.sim.notation.words import inert

if TYPE_CHECKING:
    from h2proof.oracle.ledger import Ledger


def ledger_bundle(ledger: "Ledger") -> dict[str, str]:
    """The accounts in letters; as a chart too where matplotlib is there and there is something."""
    bundle = {"text/plain": "\n".join(_ledger_lines(ledger))}
    if ledger.accounts and find_spec("matplotlib") is not None:
        from h2proof.oracle.pictures.charts import live_resources

        bundle["image/svg+xml"] = live_resources(ledger)
    return bundle


def _ledger_lines(ledger: "Ledger") -> Iterator[str]:
    if not ledger.accounts:
        yield "an empty ledger: the trace holds no resource events"
        return
    yield f"{'account':<24}{'acquired':>10}{'released':>10}{'live':>8}{'peak':>8}{'octet-s':>12}"
    for account in ledger.accounts.values():
        seconds = account.octet_ns / 1e9
        yield (
            f"{inert(account.kind)[:23]:<24}{account.acquired:>10}{account.released:>10}"
            f"{account.live:>8}{account.peak:>8}{seconds:>12.3g}"
        )
    wrong = [each for each in ledger.survivors if each.standing == "leak"]
    for survivor in wrong:
        chain = f", held by {' < '.join(survivor.chain)}" if survivor.chain else ""
        yield f"leak: {survivor.life.resource}{inert(chain)}"
