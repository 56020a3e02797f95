"""Clients: what they do, one behaviour a file, all of them on one screen.

A client is polite where no behaviour says otherwise. `CLIENTS` names the behaviours; those that
are not `legal` break the RFC, as a hostile peer may.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from h2proof.sim.clients.asks_much import ASKS_MUCH
from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.cancels_all_promises import CANCELS_ALL_PROMISES
from h2proof.sim.clients.cancels_promise import CANCELS_PROMISE
from h2proof.sim.clients.client import Client
from h2proof.sim.clients.drips_octets import DRIPS_OCTETS
from h2proof.sim.clients.floods_continuation import FLOODS_CONTINUATION
from h2proof.sim.clients.goes_away import GOES_AWAY
from h2proof.sim.clients.half_closed_silent import HALF_CLOSED_SILENT
from h2proof.sim.clients.late_priority import LATE_PRIORITY
from h2proof.sim.clients.late_window_update import LATE_WINDOW_UPDATE
from h2proof.sim.clients.leaves_body_open import LEAVES_BODY_OPEN
from h2proof.sim.clients.limits_promises import LIMITS_PROMISES
from h2proof.sim.clients.makes_noise import MAKES_NOISE
from h2proof.sim.clients.malformed import MALFORMED
from h2proof.sim.clients.moments import Moment
from h2proof.sim.clients.other_method import OTHER_METHOD
from h2proof.sim.clients.polite import POLITE
from h2proof.sim.clients.reconnects import RECONNECTS
from h2proof.sim.clients.refuses_push import REFUSES_PUSH
from h2proof.sim.clients.resets_rapidly import RESETS_RAPIDLY
from h2proof.sim.clients.resets_request import RESETS_REQUEST
from h2proof.sim.clients.resets_twice import RESETS_TWICE
from h2proof.sim.clients.sends_guard import SENDS_GUARD
from h2proof.sim.clients.shrinks_window import SHRINKS_WINDOW
from h2proof.sim.clients.slow_reader import SLOW_READER
from h2proof.sim.clients.small_window import SMALL_WINDOW
from h2proof.sim.clients.stalled import STALLED
from h2proof.sim.clients.stops_reading import STOPS_READING
from h2proof.sim.clients.turns_push_off import TURNS_PUSH_OFF
from h2proof.sim.clients.unpromised_streams import UNPROMISED_STREAMS
from h2proof.sim.clients.vanishes import VANISHES
from h2proof.sim.clients.writes_on_promise import WRITES_ON_PROMISE

CLIENTS: Final[Mapping[str, Behaviour]] = MappingProxyType(
    {
        # the eight of the first proof
        "polite": POLITE,
        "slow-reader": SLOW_READER,
        "stalled": STALLED,
        "stops-reading": STOPS_READING,
        "cancels-promise": CANCELS_PROMISE,
        "refuses-push": REFUSES_PUSH,
        "half-closed-silent": HALF_CLOSED_SILENT,
        "vanishes": VANISHES,
        # nasty, but legal
        "turns-push-off": TURNS_PUSH_OFF,
        "limits-promises": LIMITS_PROMISES,
        "small-window": SMALL_WINDOW,
        "shrinks-window": SHRINKS_WINDOW,
        "resets-request": RESETS_REQUEST,
        "resets-rapidly": RESETS_RAPIDLY,
        "cancels-all-promises": CANCELS_ALL_PROMISES,
        "goes-away": GOES_AWAY,
        "leaves-body-open": LEAVES_BODY_OPEN,
        "other-method": OTHER_METHOD,
        "asks-much": ASKS_MUCH,
        "sends-guard": SENDS_GUARD,
        "drips-octets": DRIPS_OCTETS,
        "reconnects": RECONNECTS,
        "makes-noise": MAKES_NOISE,
        "late-priority": LATE_PRIORITY,
        # against the RFC
        "late-window-update": LATE_WINDOW_UPDATE,
        "resets-twice": RESETS_TWICE,
        "writes-on-promise": WRITES_ON_PROMISE,
        "unpromised-streams": UNPROMISED_STREAMS,
        "floods-continuation": FLOODS_CONTINUATION,
        "malformed": MALFORMED,
    }
)

__all__ = ["CLIENTS", "Behaviour", "Client", "Moment", "Part"]
