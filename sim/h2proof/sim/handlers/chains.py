"""How Caddy's configuration puts the layers together: a chain for each question that is asked.

Each takes a stage of the push handler and a `Stage` of the world, and gives a whole handler. The
order is that of the default directives (push-handlers.md C43). A chain with two push handlers has
the same one twice: they are configured alike, and what is pooled is pooled once for the process.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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

Build = Callable[["Stage", Variant], Handler]


@dataclass(frozen=True, slots=True)
class Chain:
    """A configuration around one stage of the push handler."""

    sentence: str
    build: Build
    rests_on: RestsOn = "read"
    """The layers of the other chains were read, not run (push-handlers.md part 7)."""


def _push(stage: "Stage", variant: Variant) -> Middleware:
    return matched(stage, push_handler(stage, variant))


def _plain(stage: "Stage", variant: Variant) -> Handler:
    push = _push(stage, variant)
    return caddy_server(stage, chain(page(stage), idle_timeout(stage), push))


def _kept(stage: "Stage", variant: Variant) -> Handler:
    push = _push(stage, variant)
    return caddy_server(stage, chain(page(stage), idle_timeout(stage), push, kept_writer(stage)))


def _buffered(stage: "Stage", variant: Variant) -> Handler:
    push = _push(stage, variant)
    layers = (idle_timeout(stage), push, buffering(stage), push)
    return caddy_server(stage, chain(page(stage), *layers))


def _twice(stage: "Stage", variant: Variant) -> Handler:
    push = _push(stage, variant)
    return caddy_server(stage, chain(page(stage), idle_timeout(stage), push, push))


def _encoded(stage: "Stage", variant: Variant) -> Handler:
    layers = (idle_timeout(stage), encode(stage), _push(stage, variant))
    return caddy_server(stage, chain(page(stage), *layers))


def _deferred(stage: "Stage", variant: Variant) -> Handler:
    layers = (idle_timeout(stage), deferred_header(stage), _push(stage, variant))
    return caddy_server(stage, chain(page(stage), *layers))


def _errors(stage: "Stage", variant: Variant) -> Handler:
    push = _push(stage, variant)
    primary = chain(page(stage), idle_timeout(stage), push)
    return caddy_server(stage, primary, chain(page(stage), push))


def _proxied(stage: "Stage", variant: Variant) -> Handler:
    layers = (idle_timeout(stage), _push(stage, variant))
    return caddy_server(stage, chain(reverse_proxy(stage), *layers))


CHAINS: Final[Mapping[str, Chain]] = {
    "": Chain("the push handler in front of a page", _plain, "run"),
    "-kept": Chain("a layer below keeps the writer beyond the return and writes once more", _kept),
    "-buffered": Chain("two push handlers with a buffering layer between them", _buffered),
    "-twice": Chain("two push handlers, one in the other", _twice),
    "-encoded": Chain("encode outside the push handler, in the default order", _encoded),
    "-deferred": Chain("a deferred header operation outside sets Link", _deferred),
    "-errors": Chain("an error route with a push handler of its own", _errors),
    "-proxied": Chain("a reverse proxy below forwards 103 from another task", _proxied),
}
"""Behind a stage's name stands the name of its chain."""
