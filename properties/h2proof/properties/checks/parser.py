"""A parser of the Link header field, against any octets at all."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from hypothesis import strategies as st

from h2proof.properties.broken import Broken, Misused, Replay
from h2proof.properties.checks.form import called, full_name
from h2proof.properties.checks.sameness import same
from h2proof.properties.checks.smallest import smallest
from h2proof.properties.checks.tried import Tried
from h2proof.properties.defaults import Defaults, report
from h2proof.properties.strategies.links import LinkValue, link_values, near_link_values

Parse = Callable[[Any], Any]
Targets = Callable[[Any], Sequence[str]]
"""Given a parser's result: the targets of its links, in order."""

KINDS: Final = ("by the grammar", "near miss", "any octets", "several links", "quoted string")
"""What a battery has to come to."""


NEAR_MISSES: Final = (
    *("", "<", ">", ",", ";", '"', "<>", "><", ">,<", "<<>>", "</a", "/a>", "</a>;", "</a>;;"),
    *("</a>;=", "</a>;=x", "</a>;x=", '</a>;"', '</a>;x="', '</a>;x="\\', '</a>;x="\\"'),
    *("</a>,", ",</a>", "</a></b>", "</a>x</b>", "<</a>>", '</a>;x="</b>"', "</a>;x=1;x=2"),
)
"""What parsers have stumbled over, tried before values are drawn; shortest first."""


class LinkParserBattery:
    """All that is asked of a parser: it raises nothing, says the same twice, and knows the grammar.

    The last is asked only where `targets` tells how to read its results.
    """

    def __init__(self, chosen: Defaults, targets: Targets | None) -> None:
        self._chosen = chosen
        self._targets = targets

    def __call__(self, parse: Parse) -> Tried:
        """Try it; Broken with the smallest value that was found to break it."""
        __tracebackhide__ = True
        name = called(parse)
        read = _reader(parse, name)
        tried = Tried.of(f"check_link_parser({name})", KINDS)

        def attempt(value: LinkValue | str | bytes) -> Broken | None:
            tried.count(_kinds(value))
            broken = self._attempt(read, name, value)
            return None if broken is None or broken.fingerprint in self._chosen.known else broken

        for near_miss in NEAR_MISSES:
            broken = attempt(near_miss)
            if broken is not None:
                raise broken
        near = near_link_values()
        values = st.one_of(link_values(), near, near.map(str), st.binary(max_size=24))
        found = smallest(values, attempt, self._chosen, key=f"check_link_parser {full_name(parse)}")
        if found is not None:
            report(tried.broken)
            raise found[1] from None
        return tried

    def _attempt(
        self, read: Callable[[bytes], Any], name: str, value: LinkValue | str | bytes
    ) -> Broken | None:
        octets = _octets(value)
        try:
            result, again = read(octets), read(octets)
        except Exception as error:  # noqa: BLE001  # whatever a parser raises is the finding
            return _broken(name, octets, "raises", type(error).__name__, f"{error}")
        panic = getattr(result, "panic", None)
        if panic is not None:
            return _broken(name, octets, "panics", "panic", str(panic))
        if not same(result, again):
            said = f"first {result!r}, then {again!r}"
            return _broken(name, octets, "does not say the same twice", "twice", said)
        if self._targets is not None and isinstance(value, LinkValue):
            targets = tuple(self._targets(result))
            if targets != value.targets:
                said = f"it finds {list(targets)}, the grammar has {list(value.targets)}"
                return _broken(name, octets, "misreads a legal value", "misread", said)
        return None


def _octets(value: LinkValue | str | bytes) -> bytes:
    if isinstance(value, LinkValue):
        value = value.text
    return value if isinstance(value, bytes) else value.encode("latin-1")


def _kinds(value: LinkValue | str | bytes) -> Iterator[str]:
    if isinstance(value, bytes):
        yield "any octets"
    elif isinstance(value, str):
        yield "near miss"
    else:
        yield "by the grammar"
        if len(value.targets) > 1:
            yield "several links"
        if '"' in value.text:
            yield "quoted string"


def _reader(parse: Parse, name: str) -> Callable[[bytes], Any]:
    """The parser as a function of octets, its result complete; Misused for what is no parser."""
    if not callable(parse):
        raise Misused(f"check_link_parser takes a function, not {parse!r}")
    if inspect.iscoroutinefunction(parse):
        raise Misused(f"{name} is async; check_link_parser takes a plain function of the value")
    wants_text = _wants_text(parse)

    def read(octets: bytes) -> Any:
        result = parse(octets.decode("latin-1") if wants_text else octets)
        return list(result) if isinstance(result, Iterator) else result

    return read


def _wants_text(parse: Parse) -> bool:
    """Whether the parser takes text: by its annotation, else by what it does with a legal value."""
    try:
        parameters = list(inspect.signature(parse).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    if parameters and parameters[0].annotation in (str, "str", bytes, "bytes"):
        return parameters[0].annotation in (str, "str")
    try:
        parse(b"</a>; rel=preload")
    except TypeError:
        return True
    except Exception:  # noqa: BLE001  # the battery will find it again
        return False
    return False


def _broken(name: str, octets: bytes, what: str, kind: str, said: str) -> Broken:
    return Broken(
        f"{name} {what}\n  value   {octets!r}\n  says    {said}\n  replay  {name}({octets!r})",
        rule=f"link parser {what}",
        fingerprint=f"link parser|{what}|{kind}",
        replay=Replay(value=octets.decode("latin-1")),
    )
