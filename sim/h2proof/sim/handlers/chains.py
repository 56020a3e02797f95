"""How Caddy's configuration puts the layers together: a chain for each question that is asked.

LAYERS and RESPONDERS name what there is; a row of CHAINS lists names, from the outermost to the
responder, in the order of the default directives (push-handlers.md C43). What is built and what is
drawn come from the same row. A layer that stands in a chain twice is the same one twice: both are
configured alike, and what is pooled is pooled once for the process.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from h2proof.sim.handlers.caddy import Variant, caddy_server, push_handler
from h2proof.sim.handlers.layers.buffering import buffering
from h2proof.sim.handlers.layers.deferred_header import deferred_header
from h2proof.sim.handlers.layers.encode import encode
from h2proof.sim.handlers.layers.idle_timeout import idle_timeout
from h2proof.sim.handlers.layers.kept_writer import kept_writer
from h2proof.sim.handlers.layers.matched import matched
from h2proof.sim.handlers.layers.reverse_proxy import reverse_proxy
from h2proof.sim.handlers.model import RestsOn
from h2proof.sim.handlers.page import page
from h2proof.sim.handlers.protocol import Handler, Middleware, chain

if TYPE_CHECKING:
    from h2proof.sim.side import Stage

BuildLayer = Callable[["Stage", Variant], Middleware]


def _push(stage: "Stage", variant: Variant) -> Middleware:
    return matched(stage, push_handler(stage, variant))


def _alike(layer: "Callable[[Stage], Middleware]") -> BuildLayer:
    """A layer that is the same around every stage of the push handler."""

    def build(stage: "Stage", variant: Variant) -> Middleware:
        return layer(stage)

    return build


LAYERS: Final[Mapping[str, BuildLayer]] = {
    "idle timeout": _alike(idle_timeout),
    "deferred header": _alike(deferred_header),
    "encode": _alike(encode),
    "push": _push,
    "buffering": _alike(buffering),
    "kept writer": _alike(kept_writer),
}
"""What may stand between the server and a responder."""

RESPONDERS: "Final[Mapping[str, Callable[[Stage], Handler]]]" = {
    "page": page,
    "reverse proxy": reverse_proxy,
}
"""What may stand innermost."""


class Chain(NamedTuple):
    """A configuration around one stage of the push handler: names, the outermost first."""

    sentence: str
    names: tuple[str, ...]
    error_route: tuple[str, ...] = ()
    """The chain that answers when the first gives an error; empty if the server does it itself."""
    rests_on: RestsOn = "read"
    """The layers of the other chains were read, not run (push-handlers.md part 7)."""

    def build(self, stage: "Stage", variant: Variant) -> Handler:
        """The whole handler, with Caddy's server outside."""
        names = dict.fromkeys((*self.names, *self.error_route))
        layers = {name: LAYERS[name](stage, variant) for name in names if name in LAYERS}
        put_together = partial(_put_together, stage, layers)
        errors = put_together(self.error_route) if self.error_route else None
        return caddy_server(stage, put_together(self.names), errors)


def _put_together(
    stage: "Stage", layers: Mapping[str, Middleware], names: tuple[str, ...]
) -> Handler:
    *outer, innermost = names
    return chain(RESPONDERS[innermost](stage), *(layers[name] for name in outer))


# fmt: off
CHAINS: Final[Mapping[str, Chain]] = {
    "": Chain(
        "the push handler in front of a page",
        ("idle timeout", "push", "page"),
        rests_on="run",
    ),
    "-kept": Chain(
        "a layer below keeps the writer beyond the return and writes once more",
        ("idle timeout", "push", "kept writer", "page"),
    ),
    "-buffered": Chain(
        "two push handlers with a buffering layer between them",
        ("idle timeout", "push", "buffering", "push", "page"),
    ),
    "-twice": Chain(
        "two push handlers, one in the other",
        ("idle timeout", "push", "push", "page"),
    ),
    "-encoded": Chain(
        "encode outside the push handler, in the default order",
        ("idle timeout", "encode", "push", "page"),
    ),
    "-deferred": Chain(
        "a deferred header operation outside sets Link",
        ("idle timeout", "deferred header", "push", "page"),
    ),
    "-errors": Chain(
        "an error route with a push handler of its own",
        ("idle timeout", "push", "page"),
        error_route=("push", "page"),
    ),
    "-proxied": Chain(
        "a reverse proxy below forwards 103 from another task",
        ("idle timeout", "push", "reverse proxy"),
    ),
}
# fmt: on
"""Behind a stage's name stands the name of its chain."""
