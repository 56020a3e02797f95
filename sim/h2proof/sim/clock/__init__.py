"""Virtual time: an asyncio event loop on which waiting costs nothing.

asyncio's own sleep, Event, Queue, Lock, TaskGroup, timeout, gather run on it unchanged. There is
nothing here of the outside: no sockets, threads, processes or signals; asking for one is refused
with a sentence.
"""

from h2proof.sim.clock.agenda import SECOND_NS, Stop
from h2proof.sim.clock.loop import SPINS_MAX, VirtualLoop, waits_for
from h2proof.sim.clock.outside import OUTSIDE, NoOutside

__all__ = ["OUTSIDE", "SECOND_NS", "SPINS_MAX", "NoOutside", "Stop", "VirtualLoop", "waits_for"]
