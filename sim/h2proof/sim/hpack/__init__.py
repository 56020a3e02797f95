"""Field blocks ⇄ field lines (RFC 7541), also from the middle of a connection.

The hpack library is the authority on what a block means, and gives the static table and the Huffman
code. The tables and loops are ours, since the library's search every entry for each line and copy
the rest of a block at each literal; tests compare the two in both directions. What a short block
says behind the same blocks is remembered for all connections once it comes again (`FieldTable`).

A block that does not decode is a value, `Undecodable`. `LateDecoder` starts where the table is
unknown. `representations` cuts a block into its instructions without any table.
"""

from h2proof.sim.hpack.coding import Representation, representations
from h2proof.sim.hpack.decoder import FieldDecoder
from h2proof.sim.hpack.encoder import FieldEncoder
from h2proof.sim.hpack.late import LateDecoder, PartialLine
from h2proof.sim.hpack.memory import Memory
from h2proof.sim.hpack.tables import (
    ENTRY_OVERHEAD,
    STATIC_LENGTH,
    FieldLine,
    Fields,
    NeverIndexed,
    Undecodable,
    section_size,
)

__all__ = [
    "ENTRY_OVERHEAD",
    "STATIC_LENGTH",
    "FieldDecoder",
    "FieldEncoder",
    "FieldLine",
    "Fields",
    "LateDecoder",
    "Memory",
    "NeverIndexed",
    "PartialLine",
    "Representation",
    "Undecodable",
    "representations",
    "section_size",
]
