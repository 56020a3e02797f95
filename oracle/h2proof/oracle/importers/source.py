"""Where an input comes from: a file, stdin, either of them compressed with gzip.

Knows how to open, to look at the first octets without using them up, and to read on in pieces.
It does not know any format behind that.
"""

import sys
from pathlib import Path
from typing import IO, Final

from h2proof.oracle.importers.imported import CannotRead

HEAD_OCTETS: Final = 4096
PIECE_OCTETS: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"


class Source:
    """An opened input. `head` is its start, which `read` gives once more."""

    __slots__ = ("_file", "_pushed_back", "cut_off", "head", "name", "octets")

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self.cut_off = ""
        """Why the compressed input ended early, or nothing."""
        self.octets = 0
        self._file = file
        self._pushed_back = b""
        self._pushed_back = self._start(HEAD_OCTETS)
        self.head = self._pushed_back

    def _start(self, octets: int) -> bytes:
        start = b""
        while len(start) < octets and (piece := self._piece(octets - len(start))):
            start += piece
        return start

    def read(self) -> bytes:
        """The next octets, as many as are there, at most a piece; none at the end."""
        if self._pushed_back:
            piece, self._pushed_back = self._pushed_back, b""
        else:
            piece = self._piece(PIECE_OCTETS)
        self.octets += len(piece)
        return piece

    def _piece(self, octets: int) -> bytes:
        # read1 gives what a pipe holds, so that a live capture is judged while it grows
        reader = getattr(self._file, "read1", self._file.read)
        try:
            piece: bytes = reader(octets)
        except (EOFError, OSError) as error:
            self.cut_off = str(error)
            return b""
        except Exception as error:  # zlib.error has no common base, and zlib may not be loaded
            if type(error).__module__ != "zlib":
                raise
            self.cut_off = str(error)
            return b""
        return piece

    def text(self, octets_max: int) -> str:
        """The whole rest as text; octets that are not UTF-8 become replacement characters."""
        pieces, size = [], 0
        while piece := self.read():
            size += len(piece)
            if size > octets_max:
                raise CannotRead(
                    f"{self.name}: longer than {octets_max} octets, the limit for a log; cut it "
                    "into parts, or check the capture it was made from"
                )
            pieces.append(piece)
        return b"".join(pieces).decode("utf-8", "replace").removeprefix("\ufeff")

    def close(self) -> None:
        """Close the file, but not stdin."""
        if self._file is not sys.stdin.buffer:
            self._file.close()


def open_source(name: str | Path) -> Source:
    """Open a path, or stdin for "-"; CannotRead if there is nothing to read."""
    shown = "standard input" if str(name) == "-" else str(name)
    source = Source(_opened(name, shown), shown)
    if source.head.startswith(_GZIP):
        source = _uncompressed(source, shown)
    if not source.head:
        reason = f" ({source.cut_off})" if source.cut_off else ""
        raise CannotRead(f"{shown}: empty{reason}; expected a capture, a log or a trace")
    return source


def _opened(name: str | Path, shown: str) -> IO[bytes]:
    if str(name) == "-":
        return sys.stdin.buffer
    if not str(name):
        raise CannotRead("a file's name is empty")
    try:
        return Path(name).open("rb")
    except FileNotFoundError:
        raise CannotRead(f"{shown}: no such file") from None
    except IsADirectoryError:
        raise CannotRead(f"{shown}: a directory; name the files in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotRead(f"{shown}: cannot be opened: {reason}") from None


class _Joined:
    """A source as a file object for the gzip library, which reads and nothing else."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._rest = b""

    def read(self, octets: int = -1) -> bytes:
        if not self._rest:
            self._rest = self._source.read()
        if octets < 0:
            octets = len(self._rest)
        piece, self._rest = self._rest[:octets], self._rest[octets:]
        return piece

    def close(self) -> None:
        self._source.close()


def _uncompressed(source: Source, shown: str) -> Source:
    import gzip  # most inputs are not compressed

    return Source(gzip.GzipFile(fileobj=_Joined(source)), shown)  # type: ignore[call-overload]  # it only reads
