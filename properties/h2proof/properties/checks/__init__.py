"""Ready properties: one call, or one decorator, tries a whole battery on a target.

`check_handler(handler)` tries at once, raises `Broken` with the smallest failure, and gives counts
of what was reached; `@check_handler()` above a target makes a test of it. Options are keywords:
how many `examples`, a `seed` (then no example database is asked), `strict` (fail if a behaviour,
state or fault was never reached). Where they are not given the pytest plugin's options hold.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, overload

from h2proof.properties.checks.asgi import asgi_model_of
from h2proof.properties.checks.driving import Factory
from h2proof.properties.checks.endpoint import EndpointBattery
from h2proof.properties.checks.form import Test, called_or_decorating
from h2proof.properties.checks.handler import HandlerBattery
from h2proof.properties.checks.parser import LinkParserBattery, Parse, Targets
from h2proof.properties.checks.tried import Tried
from h2proof.properties.defaults import in_force
from h2proof.properties.strategies.scenarios import PATHS
from h2proof.sim.scenario import FaultyCall, Param

Decorator = Callable[[Any], Test]


@overload
def check_endpoint(
    factory: Factory,
    *,
    answers: bool = False,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Tried: ...
@overload
def check_endpoint(
    *,
    answers: bool = False,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Decorator: ...
def check_endpoint(
    factory: Factory | None = None,
    *,
    answers: bool = False,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Tried | Decorator:
    """Any octets, in any chunking, into the endpoints that `factory` makes, one a connection.

    They raise nothing, say and send the same in every chunking, send nothing against the RFC, close
    after a connection error, and then hold no partial frame and no field block. With `answers` a
    server must also announce MAX_CONCURRENT_STREAMS, answer every request and reset malformed ones.
    """
    __tracebackhide__ = True
    chosen = in_force(examples=examples, seed=seed, strict=strict)
    return called_or_decorating(factory, EndpointBattery(chosen, answers=answers), chosen)


@overload
def check_link_parser(
    parse: Parse,
    *,
    targets: Targets | None = None,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Tried: ...
@overload
def check_link_parser(
    *,
    targets: Targets | None = None,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Decorator: ...
def check_link_parser(
    parse: Parse | None = None,
    *,
    targets: Targets | None = None,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Tried | Decorator:
    """Any octets into a parser of the Link header field (RFC 8288): it raises and panics never.

    It gets octets, or text in Latin-1 if it wants text, and says the same for the same value. With
    `targets`, which reads the targets out of a result, legal values have to give theirs.
    """
    __tracebackhide__ = True
    chosen = in_force(examples=examples, seed=seed, strict=strict)
    return called_or_decorating(parse, LinkParserBattery(chosen, targets), chosen)


@overload
def check_handler(
    handler: object,
    *,
    server: str = "go",
    paths: tuple[str, ...] = PATHS,
    options: Mapping[str, Param] | None = None,
    without: tuple[FaultyCall, ...] = (),
    legal: bool = False,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Tried: ...
@overload
def check_handler(
    *,
    server: str = "go",
    paths: tuple[str, ...] = PATHS,
    options: Mapping[str, Param] | None = None,
    without: tuple[FaultyCall, ...] = (),
    legal: bool = False,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Decorator: ...
def check_handler(
    handler: object | None = None,
    *,
    server: str = "go",
    paths: tuple[str, ...] = PATHS,
    options: Mapping[str, Param] | None = None,
    without: tuple[FaultyCall, ...] = (),
    legal: bool = False,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Tried | Decorator:
    """A handler under any behaviour of clients, schedule, fault and seed.

    Whatever stands between it and the connection is released exactly once, is not used afterwards,
    and nothing is live when all is quiet; it does not panic, comes to an end, and what is sent for
    it is legal. `handler` is an async function of (w, r), a row of HANDLERS or its name. `paths`
    are asked for; `without` names calls that it never makes, so that `strict` does not ask for
    them; `legal` leaves out clients that break the RFC.
    """
    __tracebackhide__ = True
    chosen = in_force(examples=examples, seed=seed, strict=strict)
    battery = HandlerBattery(
        chosen, server=server, paths=paths, options=options or {}, without=without, legal=legal
    )
    return called_or_decorating(handler, battery, chosen)


@overload
def check_asgi_app(
    app: object,
    *,
    server: str = "go",
    paths: tuple[str, ...] = PATHS,
    without: tuple[FaultyCall, ...] = (),
    legal: bool = False,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Tried: ...
@overload
def check_asgi_app(
    *,
    server: str = "go",
    paths: tuple[str, ...] = PATHS,
    without: tuple[FaultyCall, ...] = (),
    legal: bool = False,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Decorator: ...
def check_asgi_app(
    app: object | None = None,
    *,
    server: str = "go",
    paths: tuple[str, ...] = PATHS,
    without: tuple[FaultyCall, ...] = (),
    legal: bool = False,
    examples: int | None = None,
    seed: int | None = None,
    strict: bool | None = None,
) -> Tried | Decorator:
    """`check_handler` for an ASGI application, run unchanged in virtual time.

    Its scope, and what it is given as `receive` and `send`, have to be gone once it has returned;
    its lifespan is run, disconnects are told, background tasks outlive the response.
    """
    __tracebackhide__ = True
    chosen = in_force(examples=examples, seed=seed, strict=strict)
    battery = HandlerBattery(
        chosen,
        server=server,
        paths=paths,
        options={},
        without=without,
        legal=legal,
        model_of=asgi_model_of,
        what="check_asgi_app",
    )
    return called_or_decorating(app, battery, chosen)


PROPERTIES: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "handler": check_handler,
        "parser": check_link_parser,
        "endpoint": check_endpoint,
        "asgi": check_asgi_app,
    }
)
"""Ready properties by the kind of target."""

__all__ = [
    "PROPERTIES",
    "Tried",
    "check_asgi_app",
    "check_endpoint",
    "check_handler",
    "check_link_parser",
]
