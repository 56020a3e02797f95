"""How a proof looks: who broke what under which client, and what grows with what.

Drawn with the same library and colours as `oracle.pictures`; a proof asks for its picture when a
notebook shows it.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from h2proof.properties.proof import Proof

__all__ = ["proof_bundle"]


def proof_bundle(proof: "Proof") -> dict[str, str]:
    """The page of the proof; and its matrix, where matplotlib is there."""
    from h2proof.properties.proof.page import render

    bundle = {"text/plain": render(proof)}
    if find_spec("matplotlib") is not None:
        from h2proof.properties.pictures.proofs import matrix

        bundle["image/svg+xml"] = matrix(proof)
    return bundle
