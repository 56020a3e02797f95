"""Caddy's push handler in the stages of its origin, and as much of Caddy as it needs.

A is what master has, by reading and running it; B, C1, C2 and D are reconstructed from the text of
the pull request (push-handlers.md V4).
"""

from h2proof.sim.handlers.caddy.serve import Variant, push_handler
from h2proof.sim.handlers.caddy.server import caddy_server
from h2proof.sim.handlers.caddy.stage_a import A
from h2proof.sim.handlers.caddy.stage_b import B
from h2proof.sim.handlers.caddy.stage_c1 import C1
from h2proof.sim.handlers.caddy.stage_c2 import C2
from h2proof.sim.handlers.caddy.stage_d import D_LOOSE, D_STRICT

__all__ = ["C1", "C2", "D_LOOSE", "D_STRICT", "A", "B", "Variant", "caddy_server", "push_handler"]
