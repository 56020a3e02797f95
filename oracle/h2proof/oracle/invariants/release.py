"""Once, not too early, and nobody else's: I3, I4, I5, I6."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.invariants.invariant import Breach
from h2proof.oracle.invariants.retention import OBJECTS
from h2proof.oracle.invariants.story import Life, Story
from h2proof.sim.trace import Resource

COPIED: Final = (
    b"accept-encoding",
    b"accept-language",
    b"accept",
    b"cache-control",
    b"user-agent",
)
"""Fields that a promised request takes over from the client's (push-handlers.md C9)."""


def released_twice(story: Story) -> Iterator[Breach]:
    """I3: exactly once for each acquisition."""
    for life in story.of_kinds(*OBJECTS):
        if len(life.released) > 1:
            facts = (("it was released", life.ended),)
            message = f"{life.resource} of stream {life.stream} was released a second time"
            yield Breach(life.released[1], message, facts, life.stream, life.resource)


def released_too_early(story: Story) -> Iterator[Breach]:
    """I4: not while somebody may still call it; the call shows that somebody could."""
    for life, use in _late_uses(story):
        if not _owned_by_another(story, life, use):
            facts = (("it was released", life.ended),)
            message = f"{life.resource} of stream {life.stream} was used after its release"
            yield Breach(use, message, facts, life.stream, life.resource)


def acts_on_another(story: Story) -> Iterator[Breach]:
    """I5: late calls fail or do nothing; they never reach another stream."""
    for life, use in _late_uses(story):
        other = _owned_by_another(story, life, use)
        if other is not None:
            facts = (("it was released", life.ended), ("it was taken again", other.acquired))
            message = (
                f"the {life.resource.kind} that stream {life.stream} had given back "
                f"acted on stream {other.stream}"
            )
            yield Breach(use, message, facts, other.stream, life.resource)


def _late_uses(story: Story) -> Iterator[tuple[Life, int]]:
    """The first late use of each kind of effect, of each life."""
    for life in story.of_kinds(*OBJECTS):
        seen: set[bool] = set()
        for use in life.used_late:
            effect = _owned_by_another(story, life, use) is not None
            if effect not in seen:
                seen.add(effect)
                yield life, use


def _owned_by_another(story: Story, life: Life, event: int) -> Life | None:
    """The later life of the same object that was going on at an event."""
    generation = life.resource.generation + 1
    while True:
        later = story.lives.get(Resource(life.resource.kind, life.resource.number, generation))
        if later is None:
            return None
        if later.acquired < event < later.ended:
            return later
        generation += 1


def carries_a_former_request(story: Story) -> Iterator[Breach]:
    """I6: a promise has no field value of another request that its own request has not."""
    for connection in story.connections.values():
        for promised in connection.promises:
            own = set(story.associated_of(promised).request)
            for line in promised.request:
                if line[0] in COPIED and line not in own:
                    yield from _former(story, promised.promised, promised.id, line)


def _former(story: Story, event: int, stream: int, line: tuple[bytes, bytes]) -> Iterator[Breach]:
    for other in story.streams.values():
        if other.requested < event and not other.associated and line in other.request:
            name = line[0].decode("latin-1")
            message = (
                f"the promise of stream {stream} carries the {name} of the request on "
                f"stream {other.id}, connection {other.connection}"
            )
            yield Breach(event, message, (("that request arrived", other.requested),), stream)
            return
