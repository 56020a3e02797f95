"""The kill table of the judge: each kind of violation, where it was put, and how often it was found.

    python -m tests.oracle.judge.kills [PLACES]

PLACES is the number of places tried in each run of the world (2); runs written by hand are tried
everywhere. A kind that a capture cannot prove is counted with the deliveries only.
"""

import sys
from collections.abc import Iterator
from typing import NamedTuple

from tests.oracle.judge.mutations import MUTATIONS, Mutation
from tests.oracle.judge.test_mutations import as_capture, mutants

from h2proof.oracle import judge
from h2proof.sim.trace import Trace


class Row(NamedTuple):
    """What became of one kind."""

    mutation: Mutation
    tried: int
    exact: int
    captured: int

    def __str__(self) -> str:
        seen = "in flight" if self.mutation.exact_only else f"{self.captured}/{self.tried}"
        name, requirement = self.mutation.name, self.mutation.requirement
        return f"{name:<48} RFC{requirement:<18} {self.exact}/{self.tried:<5} {seen}"


def rows(places: int) -> Iterator[Row]:
    """One row for each kind."""
    for mutation in MUTATIONS:
        tried = exact = captured = 0
        for _, _, trace, inserted in mutants(mutation, places, 8):
            tried += 1
            exact += found(trace, mutation, inserted)
            captured += found(*as_mutated_capture(trace, mutation, inserted))
        yield Row(mutation, tried, exact, captured)


def as_mutated_capture(
    trace: Trace, mutation: Mutation, inserted: tuple[int, ...]
) -> tuple[Trace, Mutation, tuple[int, ...]]:
    """The same without deliveries."""
    capture, moved = as_capture(trace, inserted)
    return capture, mutation, moved


def found(trace: Trace, mutation: Mutation, inserted: tuple[int, ...]) -> bool:
    """True if one of the new frames is found to break the requirement."""
    return any(
        each.event in inserted
        and each.actor == mutation.sender
        and f"RFC{mutation.requirement}" in each.requirements
        for each in judge(trace).violations
    )


def main() -> None:
    """Print the table, and what survived."""
    places = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    survivors = []
    for row in rows(places):
        print(row)
        if row.exact < row.tried or not row.tried:
            survivors.append(row)
    print(f"{len(MUTATIONS)} kinds, {len(survivors)} survivors")
    for row in survivors:
        print("survived:", row)


if __name__ == "__main__":
    main()
