"""Handlers side by side: a bundle that says what was tried, what was found, and how to see it."""

from h2proof.properties.proof.proof import Proof, schema
from h2proof.properties.proof.proving import prove
from h2proof.properties.proof.tried import GROUPS, PAIR

__all__ = ["GROUPS", "PAIR", "Proof", "prove", "schema"]
