"""Handlers that can be put on stage: Caddy's push handler in all its stages and chains, and a page.

The table is a product of two written-out ones: the stages of the origin, and `CHAINS`. A row's
`rests_on` and `source` are repeated by every report. User code needs no row: any
`async def handler(w, r)` will do.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from h2proof.sim.handlers.caddy import C1, C2, D_LOOSE, D_STRICT, A, B, Variant
from h2proof.sim.handlers.chains import CHAINS, Chain
from h2proof.sim.handlers.model import HandlerModel, RestsOn
from h2proof.sim.handlers.page import page
from h2proof.sim.handlers.protocol import (
    CallError,
    Context,
    Handler,
    HandlerError,
    Middleware,
    Panic,
    PushError,
    ReadError,
    Request,
    ResponseWriter,
    WriteError,
)

if TYPE_CHECKING:
    from h2proof.sim.side import Stage

MASTER: Final = "Caddy master 0cf03d32f, modules/caddyhttp/push (push-handlers.md part 1)"
THREAD: Final = "the text of Caddy PR #7778; its code was not available (push-handlers.md part 3)"
LAYERS: Final = "the layers around it were read (part 7)"
WEAKER: Final[tuple[RestsOn, ...]] = ("run", "read", "reconstructed")
"""From the strongest to the weakest; a chain rests on its weakest part."""


class Origin(NamedTuple):
    """One stage of the origin."""

    variant: Variant
    sentence: str
    rests_on: RestsOn
    source: str


STAGES: Final[Mapping[str, Origin]] = {
    "caddy": Origin(A, "A: the push handler on master", "run", MASTER),
    "caddy-b": Origin(B, "B: fields cleared in a deferred block", "reconstructed", THREAD),
    "caddy-c1": Origin(C1, "C1: wrappers from a pool", "reconstructed", THREAD),
    "caddy-c2": Origin(C2, "C2: C1 with a lazy header and its own Push", "reconstructed", THREAD),
    "caddy-d-strict": Origin(
        D_STRICT, "D: C2 with a scanning parser that checks its bounds", "reconstructed", THREAD
    ),
    "caddy-d-loose": Origin(
        D_LOOSE, "D: C2 with a scanning parser that keeps the panic", "reconstructed", THREAD
    ),
}


def _row(name: str, origin: Origin, chain: Chain) -> HandlerModel:
    build: Callable[[Stage], Handler] = partial(_build, chain, origin.variant)
    sentence = f"{origin.sentence}; {chain.sentence}"
    weakest = max(origin.rests_on, chain.rests_on, key=WEAKER.index)
    return HandlerModel(name, sentence, weakest, f"{origin.source}; {LAYERS}", build)


def _build(chain: Chain, variant: Variant, stage: "Stage") -> Handler:
    return chain.build(stage, variant)


HANDLERS: Final[Mapping[str, HandlerModel]] = {
    "page": HandlerModel(
        "page", "the page alone, with no push handler", "read", "this project", page
    ),
    **{
        stage + suffix: _row(stage + suffix, origin, chain)
        for stage, origin in STAGES.items()
        for suffix, chain in CHAINS.items()
    },
}

PR7778: Final = ("caddy-b", "caddy-c1", "caddy-c2", "caddy-d-strict", "caddy-d-loose")
"""What `--against pr7778` means."""

__all__ = [
    "CHAINS",
    "HANDLERS",
    "PR7778",
    "STAGES",
    "CallError",
    "Context",
    "Handler",
    "HandlerError",
    "HandlerModel",
    "Middleware",
    "Panic",
    "PushError",
    "ReadError",
    "Request",
    "ResponseWriter",
    "WriteError",
]
