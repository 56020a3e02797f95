"""D: C2 with a scanning parser and a boolean for `nopush` (V1). Reconstructed from the thread.

Whether the real one still panics is unknown (§7), so both are here (§3.4).
"""

from h2proof.sim.handlers.caddy.serve import Variant, at_first_push
from h2proof.sim.handlers.caddy.stage_c1 import pooled
from h2proof.sim.handlers.caddy.stage_c2 import PushingLinkPusher
from h2proof.sim.links import parse_d_loose, parse_d_strict

D_STRICT = Variant(pooled(PushingLinkPusher, parse_d_strict), at_first_push)
D_LOOSE = Variant(pooled(PushingLinkPusher, parse_d_loose), at_first_push)
