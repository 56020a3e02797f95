"""The bench: everything that may happen, tried on your handler, parser, endpoint or application.

Names come when they are first used (PEP 562), for pytest loads the plugin below this package in
every run of everyone who has it installed: importing the package imports nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from h2proof.properties import strategies
    from h2proof.properties.broken import Broken
    from h2proof.properties.checks import (
        PROPERTIES,
        check_asgi_app,
        check_endpoint,
        check_handler,
        check_link_parser,
    )

_HOME: Final = {
    "Broken": "broken",
    "PROPERTIES": "checks",
    "check_asgi_app": "checks",
    "check_endpoint": "checks",
    "check_handler": "checks",
    "check_link_parser": "checks",
    "strategies": "",
}

__all__ = [
    "PROPERTIES",
    "Broken",
    "check_asgi_app",
    "check_endpoint",
    "check_handler",
    "check_link_parser",
    "strategies",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no {name!r}; it has {', '.join(__all__)}")
    home = _HOME[name]
    if not home:
        return import_module(f"{__name__}.{name}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
