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
# compiled when they are asked for: a capture is recognised without any of them
_OUR_JSON: Final = rb'\A\s*\{\s*"version"\s*:\s*\d+\s*,\s*"connections"\s*:'
_NGHTTP: Final = rb"(?m)^(?:\[id=\d+\] )?(?:\x1b\[\d+m)?\[ *\d+\.\d{3}\]"
_GO: Final = rb"(?m)http2: Framer 0x[0-9a-f]+: (?:read|wrote) "
_NETLOG: Final = rb'\A\s*\{\s*"constants"\s*:'
_CURL: Final = rb"(?m)^(?:[\d:.]+ )?(?:\*|== Info:) +(?:Trying|Connected to|\[HTTP/2\])"
_TSHARK_JSON: Final = rb'\A\s*\[\s*\{\s*"_index"\s*:'
_TSHARK_EK: Final = rb'\A\s*\{\s*"(?:index|timestamp)"\s*:'
_TSHARK_PDML: Final = rb"<pdml[ >]"
_TSHARK_TEXT: Final = rb"(?m)^Frame \d+: \d+ bytes on wire"


def pcap(head: bytes) -> bool:
    """The classic capture format."""
    return head.startswith(_PCAP)


def pcapng(head: bytes) -> bool:
    """The newer capture format."""
    return head.startswith(_PCAPNG)


def our_json(head: bytes) -> bool:
    """A trace of ours as JSON."""
    return bool(re.match(_OUR_JSON, head))


def nghttp(head: bytes) -> bool:
    """What nghttp -v and nghttpd -v print."""
    return bool(re.search(_NGHTTP, head))


def go(head: bytes) -> bool:
    """What a Go program prints with GODEBUG=http2debug=2."""
    return bool(re.search(_GO, head))


def netlog(head: bytes) -> bool:
    """A NetLog of Chromium."""
    return bool(re.match(_NETLOG, head))


def curl(head: bytes) -> bool:
    """What curl -v or --trace-ascii prints."""
    return bool(re.search(_CURL, head))


def tshark_json(head: bytes) -> bool:
    """What tshark -T json prints."""
    return bool(re.match(_TSHARK_JSON, head))


def tshark_ek(head: bytes) -> bool:
    """What tshark -T ek prints."""
    return bool(re.match(_TSHARK_EK, head))


def tshark_pdml(head: bytes) -> bool:
    """What tshark -T pdml prints."""
    return bool(re.search(_TSHARK_PDML, head))


def tshark_text(head: bytes) -> bool:
    """What tshark -V prints."""
    return bool(re.search(_TSHARK_TEXT, head))


def our_text(head: bytes) -> bool:
    """A trace of ours in the text notation."""
    from h2proof.sim.notation import looks_like  # captures do without

    return looks_like(head.decode("utf-8", "replace"))
