"""The smallest pieces of the notation: segments and words, numbers, octets, quoted text, times.

A line falls into *segments* at two or more spaces, a segment into *words* at single ones; what
stands in double quotes is never cut. Everything that is printed in quotes is inert: control and
direction characters are escaped. What a word means is not known here.
"""

import re
from typing import Final


class NotationError(ValueError):
    """A text that is no trace; `line` counts from 1, the message is one sentence."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line = line
        self.reason = reason


# a quote that is never closed goes to the end of the line: nothing is tried twice
_QUOTE: Final = r'"(?:[^"\\]|\\.?)*+"?'
_SEGMENT: Final = re.compile(rf'(?:[^\s"]|{_QUOTE}|(?<!\s)\s(?!\s|$))+')
_WORD: Final = re.compile(rf'(?:[^\s"]|{_QUOTE})+')
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE: Final = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u\{([0-9A-Fa-f]{1,6})\}|(.))", re.DOTALL)
_NUMBER: Final = re.compile(r"-?(?:0x[0-9A-Fa-f]+|[0-9]+)")
_TIME: Final = re.compile(r"(-?)([0-9]{1,20})(?:\.([0-9]{1,9}))?(ns|us|µs|ms|s)")
_UNITS: Final = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"'}
_DIGITS_MAX: Final = 40


class Refused(ValueError):
    """A word that is not what its place asks for; the text says what is."""


def segments(line: str) -> list[str]:
    """The parts of a line between gaps of two or more spaces."""
    return _SEGMENT.findall(line)


def words(segment: str) -> list[tuple[str, int]]:
    """The words of a segment, each with the place where it begins."""
    return [(match.group(), match.start()) for match in _WORD.finditer(segment)]


def number(word: str, what: str, low: int = 0, high: int | None = None) -> int:
    """A decimal or 0x… number from `low` to `high`; Refused with what is allowed."""
    limit = f" from {low} to {high}" if high is not None else ""
    if len(word) > _DIGITS_MAX or not _NUMBER.fullmatch(word):
        raise Refused(f"{what} is a number{limit}, not {shown(word)}")
    value = int(word, 16 if "x" in word else 10)
    if value < low or (high is not None and value > high):
        raise Refused(f"{what} is a number{limit or f' not below {low}'}, not {value}")
    return value


def octets(word: str, what: str) -> bytes:
    """Octets from pairs of hexadecimal digits, spaced or not."""
    try:
        return bytes.fromhex(word)
    except ValueError:
        raise Refused(
            f"{what} is written in pairs of hexadecimal digits, not {shown(word)}"
        ) from None


def shown(word: str) -> str:
    """A word of the input as it may stand in a message: short and inert."""
    return quoted(word if len(word) <= 40 else word[:39] + "…")


# --- quoted text ---------------------------------------------------------------------------------


def quoted(text: str) -> str:
    """Text in double quotes; what is not printable is escaped."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_inert, text)) + '"'


def _inert(letter: str) -> str:
    return "\\" + letter if letter in '"\\' else inert(letter)


def inert(text: str) -> str:
    """Text in which nothing acts: control and direction characters are escaped."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else f"\\u{{{ord(letter):x}}}" for letter in text)


def quoted_octets(value: bytes) -> str:
    """Octets in double quotes: printable ASCII as it is, all else as \\xNN."""
    return f'"{value.decode("latin-1").translate(_INERT_OCTETS)}"'


_INERT_OCTETS: Final = {
    **{octet: f"\\x{octet:02x}" for octet in range(256) if not 0x20 <= octet < 0x7F},
    ord('"'): '\\"',
    ord("\\"): "\\\\",
}


def unquoted(word: str) -> str | None:
    """The text of a word that is one quoted string; None for any other word."""
    match = _QUOTED.fullmatch(word)
    return None if match is None else _ESCAPE.sub(_letter, match.group(1))


def _letter(match: "re.Match[str]") -> str:
    code = match.group(1) or match.group(2)
    if code is None:
        letter = _LETTERS.get(match.group(3))
        if letter is None:
            raise Refused(
                f'an escape is \\n, \\r, \\t, \\\\, \\", \\xNN or \\u{{N}}, not {match.group()}'
            )
        return letter
    if int(code, 16) > 0x10FFFF:
        raise Refused(f"\\u{{{code}}} is beyond the last character")
    return chr(int(code, 16))


def unquoted_octets(word: str) -> bytes | None:
    """The octets of a quoted string: \\xNN is one octet, other text is UTF-8."""
    match = _QUOTED.fullmatch(word)
    if match is None:
        return None
    parts, end = [], 0
    text = match.group(1)
    for escape in _ESCAPE.finditer(text):
        parts.append(utf8(text[end : escape.start()]))
        one = escape.group(1)
        parts.append(bytes((int(one, 16),)) if one else utf8(_letter(escape)))
        end = escape.end()
    return b"".join([*parts, utf8(text[end:])])


def utf8(text: str) -> bytes:
    """The octets of text; halves of surrogate pairs, which no file holds, become `?`."""
    return text.encode("utf-8", "replace")


def texts(word: str, what: str) -> tuple[str, ...]:
    """One or more quoted strings with commas between them."""
    found: list[str] = []
    end = 0
    for match in _QUOTED.finditer(word):
        if word[end : match.start()] != ("," if found else ""):
            break
        found.append(_ESCAPE.sub(_letter, match.group(1)))
        end = match.end()
    if not found or end != len(word):
        raise Refused(f"{what} is one or more texts in double quotes with commas between them")
    return tuple(found)


# --- times ---------------------------------------------------------------------------------------


def time(word: str) -> int:
    """Nanoseconds of a time such as `3ms`, `1.5s` or `-20us`."""
    match = _TIME.fullmatch(word)
    if match is None:
        raise Refused(f"a time is a number with ns, us, ms or s, not {shown(word)}")
    sign, whole, part, unit = match.groups()
    scale = _UNITS[unit]
    fraction, rest = divmod(int((part or "").ljust(9, "0")) * scale, 1_000_000_000)
    if rest:
        raise Refused(f"a time has whole nanoseconds, not {shown(word)}")
    value = int(whole) * scale + fraction
    return -value if sign else value


def time_word(nanoseconds: int) -> str:
    """The shortest way to write a time; `time` reads it back."""
    size = abs(nanoseconds)
    for unit in ("s", "ms", "us"):
        scale = _UNITS[unit]
        if size >= scale or not size:
            whole, rest = divmod(size, scale)
            digits = f"{rest:0{len(str(scale)) - 1}d}".rstrip("0")
            number = f"{whole}.{digits}" if digits else str(whole)
            return f"{'-' if nanoseconds < 0 else ''}{number}{unit}"
    return f"{nanoseconds}ns"
