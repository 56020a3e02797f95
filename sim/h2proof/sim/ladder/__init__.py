"""A trace as a drawing: the client on the left, the server on the right, time going down.

`text` draws for a terminal or a paste, `svg` for a page; both draw the same rows, with long runs
folded, findings marked at their frame, and the values of secret fields masked unless `redact` is
False. Whether anything drawn is right or wrong is known only to the findings that are given.
"""

from h2proof.sim.ladder.drawing import svg
from h2proof.sim.ladder.rows import Marked
from h2proof.sim.ladder.typed import text

__all__ = ["Marked", "svg", "text"]
