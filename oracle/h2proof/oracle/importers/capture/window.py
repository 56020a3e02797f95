"""The part of an input that is looked at: a buffer that grows at its end and forgets its start."""

from h2proof.oracle.importers.source import Source


class Window:
    """`octets` from `start` on are still to be read; `more` makes room for at least so many.

    Readers keep their place in a local variable and hand it back through `more`.
    """

    __slots__ = ("_ended", "_source", "before", "octets")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ended = False
        self.octets = b""
        self.before = 0
        """Octets of the input that lie before the buffer."""

    def more(self, start: int, wanted: int) -> bool:
        """Drop what lies before `start` and read until `wanted` octets follow; False at the end.

        Afterwards the place that was `start` is 0, also if the answer is False.
        """
        self.before += start
        pieces = [self.octets[start:]]
        size = len(pieces[0])
        while size < wanted and not self._ended:
            piece = self._source.read()
            self._ended = not piece
            pieces.append(piece)
            size += len(piece)
        self.octets = b"".join(pieces) if len(pieces) > 1 else pieces[0]
        return size >= wanted
