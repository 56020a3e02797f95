"""An ASGI application: the battery of handlers, on the adapter."""

import inspect

from h2proof.properties.adapters.asgi import asgi_handler
from h2proof.properties.broken import Misused
from h2proof.properties.targets import place_of, takes
from h2proof.sim.handlers import HandlerModel


def asgi_model_of(app: object) -> HandlerModel:
    """The application as a handler model; Misused for what is none."""
    if not callable(app):
        raise Misused(f"an ASGI application is called with (scope, receive, send), not {app!r}")
    if inspect.isclass(app):
        raise Misused(f"{app.__qualname__} is a class; give an application made of it")
    if not takes(app, 3):
        raise Misused(
            f"{place_of(app)} does not take (scope, receive, send); check_asgi_app wants ASGI 3"
        )
    return asgi_handler(app, name=place_of(app))
