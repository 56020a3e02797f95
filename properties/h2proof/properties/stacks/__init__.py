"""HTTP/2 implementations on trial, ours among them: each as an endpoint, all on one screen.

An endpoint takes octets in any chunking, gives octets to send, and says when it is closed
(design.md §4.1). A stack that is not installed has a row all the same; making it says what is
missing.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from h2proof.properties.stacks.h2 import H2_CLIENT, H2_SERVER
from h2proof.properties.stacks.ours import OUR_CLIENT, OUR_RESPONDER, OUR_SERVER
from h2proof.properties.stacks.stack import Stack

STACKS: Final[Mapping[str, Stack]] = MappingProxyType(
    {stack.name: stack for stack in (OUR_RESPONDER, OUR_SERVER, OUR_CLIENT, H2_SERVER, H2_CLIENT)}
)

__all__ = ["STACKS", "Stack"]
