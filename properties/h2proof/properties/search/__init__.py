"""The search: scenarios played, failures found, merged and made small."""

from h2proof.properties.search.case import Case
from h2proof.properties.search.failures import PANIC, Failure, examine
from h2proof.properties.search.shrinking import minimise, reductions, shown_in, smallest

__all__ = [
    "PANIC",
    "Case",
    "Failure",
    "examine",
    "minimise",
    "reductions",
    "shown_in",
    "smallest",
]
