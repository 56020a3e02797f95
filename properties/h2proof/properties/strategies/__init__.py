"""Strategies: frames, field sections, Link values, conversations, behaviours, schedules, scenarios.

They compose like Hypothesis' own, options are keyword-only, and each says what it shrinks to. Two
kinds: *structured* ones read well and cost up to 3 ms, *bulk* ones decode one blob into operations
of fixed width and cost little more than the blob, 0.35 ms. `chunkings`, `conversations`,
`schedules` and `bulk_scenarios` are bulk, all else is structured.
"""

from h2proof.properties.strategies.behaviours import behaviours, schedules
from h2proof.properties.strategies.chunks import Chunking, chunkings, cut
from h2proof.properties.strategies.conversations import conversations
from h2proof.properties.strategies.fields import (
    field_blocks,
    field_lines,
    field_sections,
    malformed_sections,
)
from h2proof.properties.strategies.frames import (
    dependencies,
    frames,
    hostile_frames,
    mutated_frames,
    unreadable_frames,
)
from h2proof.properties.strategies.links import LinkValue, link_values, near_link_values
from h2proof.properties.strategies.scenarios import (
    bulk_scenarios,
    call_faults,
    client_plans,
    request_plans,
    scenarios,
)

__all__ = [
    "Chunking",
    "LinkValue",
    "behaviours",
    "bulk_scenarios",
    "call_faults",
    "chunkings",
    "client_plans",
    "conversations",
    "cut",
    "dependencies",
    "field_blocks",
    "field_lines",
    "field_sections",
    "frames",
    "hostile_frames",
    "link_values",
    "malformed_sections",
    "mutated_frames",
    "near_link_values",
    "request_plans",
    "scenarios",
    "schedules",
    "unreadable_frames",
]
