"""Octets ⇄ frames, resumable at any octet: `framing` cuts, `reading` decodes, `writing` encodes."""

from h2proof.sim.codec.framing import (
    HEADER_LENGTH,
    PREFACE,
    STREAM_MAX,
    FrameHeader,
    FrameReader,
    header_fields,
    header_octets,
    raw,
    read_header,
    split_frames,
    write_header,
)
from h2proof.sim.codec.reading import decode
from h2proof.sim.codec.writing import encode

__all__ = [
    "HEADER_LENGTH",
    "PREFACE",
    "STREAM_MAX",
    "FrameHeader",
    "FrameReader",
    "decode",
    "encode",
    "header_fields",
    "header_octets",
    "raw",
    "read_header",
    "split_frames",
    "write_header",
]
