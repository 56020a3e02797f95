"""What lets a world drive a user's thing: each adapter makes a handler model of it.

One row for each kind of thing that is no handler by itself.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from h2proof.properties.adapters.asgi import asgi_handler
from h2proof.sim.handlers import HandlerModel

ADAPTERS: Final[Mapping[str, Callable[[Any], HandlerModel]]] = MappingProxyType(
    {"asgi": asgi_handler}
)

__all__ = ["ADAPTERS", "asgi_handler"]
