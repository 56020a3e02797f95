"""For exploring: a question in one expression, an answer that draws itself.

    seen = explore.play("caddy", "cancels-promise")     # a handler, and what its client does
    seen.trace, seen.verdict, seen.ledger
    seen.drop(*seen.find("RST_STREAM")).verdict         # the same, had that frame not been sent
    explore.compare(seen, explore.play("caddy-c1", "cancels-promise"))

Whatever is shown is a trace, and everything said of it comes from the judge and the ledger.
"""

from h2proof.properties.explore.comparing import Comparison, compare
from h2proof.properties.explore.seen import Seen
from h2proof.properties.explore.sources import every_schedule, parse, play, read

__all__ = ["Comparison", "Seen", "compare", "every_schedule", "parse", "play", "read"]
