"""What a complete field section says at first sight: pseudo-header fields, and what is odd in it.

One pass over the lines finds what every rule about fields asks for. Names and values that a lost
table hides are passed over. Whether anything odd is forbidden is for the rules to say.
"""

import re
from typing import Final

from h2proof.oracle.replay.sent import Section
from h2proof.sim.fields import CONNECTION_SPECIFIC

_DIGITS: Final = re.compile(rb"[0-9]{1,18}")
_LENGTH: Final = b"content-length"
_NAME: Final = re.compile(rb":?[\x21-\x39\x3b-\x40\x5b-\x7e]+")
_TOKEN: Final = re.compile(rb":?[!#$%&'*+.^_`|~0-9a-z-]+")
_WATCHED: Final = CONNECTION_SPECIFIC | {
    b":protocol",
    b"content-length",
    b"host",
    b"link",
    b"priority",
    b"sec-websocket-version",
    b"te",
}
"""Fields of which some rule wants to know."""
_BAD_VALUE: Final = re.compile(rb"[\0\r\n]|\A[ \t]|[ \t]\Z")
_REFERENCE: Final = re.compile(rb"<(/[^>]*)>")
_LINKS_MAX: Final = 64
_PLAIN_MAX: Final = 4096
_plain: set[tuple[bytes, bytes]] = set()
"""Lines that were looked at before and have nothing odd; bounded, and only a short cut."""


class Lines:
    """What one pass over a field section found."""

    __slots__ = (
        "bad_names",
        "bad_values",
        "fields",
        "hidden",
        "late",
        "length",
        "plain",
        "pseudos",
        "twice",
    )

    def __init__(self) -> None:
        self.pseudos: dict[bytes, bytes | None] = {}
        """Pseudo-header fields in order; the value None is hidden by a lost table."""
        self.twice: bytes | None = None
        """A pseudo-header field that stands a second time."""
        self.late: bytes | None = None
        """A pseudo-header field behind a regular one."""
        self.fields: dict[bytes, list[bytes]] = {}
        """Regular fields by name."""
        self.bad_names: list[bytes] = []
        self.bad_values: list[tuple[bytes, bytes]] = []
        self.plain = True
        """Every line is one that no rule about fields has to look at; one length may be among."""
        self.length = -1
        """Among plain lines, what content-length says; -1 if it is not there."""
        self.hidden = 0
        """Lines of which the name or the value cannot be known."""

    @property
    def complete(self) -> bool:
        """Nothing is hidden: what is not here was not sent."""
        return not self.hidden


def read_section(section: Section) -> None:
    """Fill in what the lines of a decoded section say."""
    if section.fields is None:
        return
    lines = section.lines = lines_of(section.fields)
    section.method = lines.pseudos.get(b":method")
    section.protocol = lines.pseudos.get(b":protocol")
    if b":path" in lines.pseudos and lines.complete:
        get = lines.pseudos.get
        section.target = get(b":scheme"), get(b":authority"), get(b":path")
    if b"link" in lines.fields:
        links = b",".join(lines.fields[b"link"])
        section.links = tuple(_REFERENCE.findall(links)[:_LINKS_MAX])
    status = lines.pseudos.get(b":status")
    if status is not None and _DIGITS.fullmatch(status) and len(status) == 3:
        section.status = int(status)
    lengths = lines.fields.get(b"content-length")
    if lengths and len(set(lengths)) == 1 and _DIGITS.fullmatch(lengths[0]):
        section.length = int(lengths[0])


def lines_of(fields: tuple[tuple[bytes | None, bytes | None], ...]) -> Lines:
    """What one pass over the lines finds."""
    lines = Lines()
    regular = False
    for name, value in fields:
        if name is None:
            lines.hidden += 1
            continue
        if value is None:
            lines.hidden += 1
        if (name, value) not in _plain:
            _look(lines, name, value)
        if name[:1] == b":":
            if name in lines.pseudos:
                lines.twice = lines.twice or name
            elif regular:
                lines.late = lines.late or name
            lines.pseudos.setdefault(name, value)
        else:
            regular = True
            values = lines.fields.setdefault(name, [])
            if value is not None:
                values.append(value)
    return lines


def _look(lines: Lines, name: bytes, value: bytes | None) -> None:
    """A line that is not known to be plain: is its name one, may its value stand there?"""
    if not _NAME.fullmatch(name):
        lines.bad_names.append(name)
    elif value is not None and _BAD_VALUE.search(value):
        lines.bad_values.append((name, value))
    elif value is not None and name not in _WATCHED and _TOKEN.fullmatch(name):
        if len(_plain) < _PLAIN_MAX and len(name) + len(value) < 256:
            _plain.add((name, value))
        return
    elif name == _LENGTH and name not in lines.fields and value and _DIGITS.fullmatch(value):
        lines.length = int(value)
        return
    lines.plain = False
