"""The HTTP/1.1 exchange in front of an upgraded connection (RFC 7540 §3.2), from what is known."""

from base64 import urlsafe_b64encode
from typing import Final

from h2proof.sim.trace import ConnectionInfo

RESPONSE: Final = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"


def request_octets(info: ConnectionInfo) -> bytes:
    """The request that became stream 1, with its HTTP2-Settings."""
    fields = dict(info.upgrade_fields or ())
    method, path = fields.get(b":method", b"GET"), fields.get(b":path", b"/")
    settings = urlsafe_b64encode(info.upgrade_settings or b"").rstrip(b"=")
    lines = [
        b"%b %b HTTP/1.1" % (method, path),
        b"host: " + fields.get(b":authority", b"localhost"),
        b"connection: Upgrade, HTTP2-Settings",
        b"upgrade: h2c",
        b"http2-settings: " + settings,
    ]
    lines += [
        name + b": " + value
        for name, value in info.upgrade_fields or ()
        if not name.startswith(b":")
    ]
    return b"\r\n".join([*lines, b"", b""])
