"""What an input is, told by its first octets and never by its name.

Each function looks at the start of an input, at most `HEAD_OCTETS` of it, and answers for one
format. The readers themselves are elsewhere, and loaded only when their format was met.
"""

import re
from typing import Final

_PCAP: Final = (
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\xc3\xd4",
    b"\x4d\x3c\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
)
_PCAPNG: Final = b"\x0a\x0d\x0d\x0a"
_OUR_JSON: Final = re.compile(rb'\A\s*\{\s*"version"\s*:\s*\d+\s*,\s*"connections"\s*:')


def pcap(head: bytes) -> bool:
    """The classic capture format."""
    return head.startswith(_PCAP)


def pcapng(head: bytes) -> bool:
    """The newer capture format."""
    return head.startswith(_PCAPNG)


def our_json(head: bytes) -> bool:
    """A trace of ours as JSON."""
    return bool(_OUR_JSON.match(head))


def our_text(head: bytes) -> bool:
    """A trace of ours in the text notation."""
    from h2proof.sim.notation import looks_like  # captures do without

    return looks_like(head.decode("utf-8", "replace"))
