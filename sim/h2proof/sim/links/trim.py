"""Go's TrimSpace on octets (push-handlers.md L7).

It knows Unicode white space as Go has it, and refuses Python's idea of it: `str.strip` also takes
U+001C to U+001F, `bytes.strip` takes ASCII only, and a lone 0x85 or 0xA0 is no character (L8).
"""

from typing import Final

WHITE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def trim_space(octets: bytes) -> bytes:
    """The octets without white space at both ends; invalid UTF-8 is kept, and ends the search."""
    text = octets.decode("utf-8", "surrogateescape")
    return text.strip(WHITE).encode("utf-8", "surrogateescape")
