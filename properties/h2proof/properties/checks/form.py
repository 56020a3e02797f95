"""The two forms of every ready property: called with a target, or as a decorator without one."""

from collections.abc import Callable
from typing import Any, TypeVar

from h2proof.properties.checks.tried import Tried
from h2proof.properties.defaults import Defaults, report

T = TypeVar("T")

Test = Callable[[], None]


def called_or_decorating(
    target: T | None, battery: Callable[[T], Tried], chosen: Defaults
) -> Tried | Callable[[T], Test]:
    """With a target the battery's result at once; without one a decorator that makes a test.

    The test has the target's name and no parameters, so pytest collects it as it stands.
    """
    if target is not None:
        return settled(battery, target, chosen)

    def decorate(decorated: T) -> Test:
        def test() -> None:
            __tracebackhide__ = True
            settled(battery, decorated, chosen)

        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            _copy(decorated, test, name)
        return test

    return decorate


def settled(battery: Callable[[T], Tried], target: T, chosen: Defaults) -> Tried:
    """Run the battery; leave its counts in the report; under `strict` demand them all."""
    __tracebackhide__ = True
    tried = battery(target)
    report(str(tried))
    if chosen.strict:
        tried.demand_all()
    return tried


def _copy(source: object, test: Any, name: str) -> None:
    value = getattr(source, name, None)
    if value is not None:
        setattr(test, name, value)


def called(target: object) -> str:
    """What a target is called in messages: its name without where it was defined."""
    return full_name(target).rpartition(":")[2].rpartition("<locals>.")[2]


def full_name(target: object) -> str:
    """What a target is called in the example database: module and name."""
    if isinstance(target, str):
        return target
    name = getattr(target, "__qualname__", None) or getattr(target, "name", None)
    if name is None:
        return type(target).__qualname__
    module = getattr(target, "__module__", None)
    return f"{module}:{name}" if module else str(name)
