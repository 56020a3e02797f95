"""A proof as plain data: what was claimed, tried and found, for handlers side by side.

Everything here is values, and goes to JSON as `schema.json` describes it. How it was found, and
how it is printed, is not known here.
"""

import json
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any, Final

from h2proof.oracle.growth import ChosenBy
from h2proof.properties.proof.lifecycle import Broken
from h2proof.properties.proof.quoted import Quoted
from h2proof.properties.search.case import Case

VERSION: Final = 1

WRAPPER_KINDS: Final = ("wrapper", "response writer")
"""What stands between a handler and its stream: its own wrapper, else the server's writer."""


@dataclass(frozen=True, slots=True)
class Model:
    """What a verdict rests on: the model of somebody's code, or of a server."""

    name: str
    sentence: str
    rests_on: str
    source: str


@dataclass(frozen=True, slots=True)
class Account:
    """One account over all runs of a subject; `peak` and the live counts are the most of a run."""

    kind: str
    acquired: int
    released: int
    peak: int
    at_stop: int
    at_quiet: int
    closed: int
    octet_seconds: float


@dataclass(frozen=True, slots=True)
class Cell:
    """What one behaviour brought out of one subject: the rules found broken, in how many runs."""

    behaviour: str
    runs: int
    broken: dict[str, int]


@dataclass(frozen=True, slots=True)
class Shown:
    """One finding, as small as it gets. `holders` go from the nearest to a root.

    `requirements` are those of the RFCs that it is against: it is then about frames.
    """

    fingerprint: str
    rule: str
    message: str
    runs: int
    frames: int
    """In the case up to the finding, besides the handshakes."""
    case: Case
    ladder: str
    because: tuple[str, ...]
    holders: tuple[str, ...]
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explored:
    """All schedules of one small scenario, or as many as were allowed."""

    sentence: str
    schedules: int
    cut: int
    outcomes: int
    complete: bool
    deviations_max: int | None
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """One handler, and what became of it."""

    model: Model
    runs: int
    faults: int
    """Runs in which one call was made to fail."""
    frames: int
    steps: int
    never_quiet: int
    accounts: tuple[Account, ...]
    cells: tuple[Cell, ...]
    shown: tuple[Shown, ...]
    explored: Explored
    per_request: dict[str, float]
    """Objects acquired for each request, by kind, with a polite client."""
    quoted: Quoted | None = None
    """Somebody else's figures for it: beside ours, never among them."""

    def account(self, kind: str) -> Account | None:
        """The account of a kind, if there is one."""
        return next((each for each in self.accounts if each.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Growth:
    """How what a subject keeps at quiet grows with the requests, promises and connections."""

    subject: str
    kind: str
    axis: str
    law: str
    values: tuple[tuple[int, int], ...]
    chosen_by: ChosenBy = "load"
    """Who decides how far the axis goes: the load, or what a peer sends besides."""
    drives: bool = False
    """Whether it grows along this axis; along one of the peer's only if along no other."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Wrappers that are live while a client stalls, and what they hold over the whole run."""

    subject: str
    what: str
    live: int
    octet_seconds: float


@dataclass(frozen=True, slots=True)
class Proof:
    """The whole bundle."""

    claim: str
    subjects: tuple[Subject, ...]
    server: Model
    behaviours: tuple[str, ...]
    variants: int
    clients: str
    seed: int
    seeds: int
    growth: tuple[Growth, ...]
    stalls: tuple[Stall, ...]
    not_tried: tuple[str, ...]
    lifecycle: tuple[Broken, ...] = ()
    """Invariants that do not hold: by subject, in the order of the invariants."""
    seconds: float | None = None
    """What it cost; left out of JSON, which is the same for the same input."""

    @property
    def servers(self) -> tuple[str, ...]:
        """Fingerprints of what is the server's: about frames, and found with every subject."""
        first = self.subjects[0].shown
        return tuple(
            each.fingerprint
            for each in first
            if each.requirements
            and all(
                any(other.fingerprint == each.fingerprint for other in subject.shown)
                for subject in self.subjects
            )
        )

    def against(self, subject: Subject) -> tuple[Shown, ...]:
        """What was found against a subject itself."""
        servers = self.servers
        return tuple(each for each in subject.shown if each.fingerprint not in servers)

    def holds(self, subject: Subject) -> bool:
        """Whether nothing was found against a subject itself."""
        return not self.against(subject)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from h2proof.properties.pictures import proof_bundle  # only a notebook asks

        return proof_bundle(self)

    def data(self) -> dict[str, Any]:
        """Dicts, lists, strings and numbers, as `schema.json` says."""
        data = asdict(self)
        del data["seconds"]
        for subject, told in zip(self.subjects, data["subjects"], strict=True):
            told["holds"] = self.holds(subject)
            for shown, entry in zip(subject.shown, told["shown"], strict=True):
                entry["case"] = shown.case.data()
        plain: dict[str, Any] = json.loads(
            json.dumps({"version": VERSION, **data, "servers": self.servers})
        )
        return plain

    def to_json(self) -> str:
        """The proof as JSON, the same for the same input."""
        return json.dumps(self.data(), indent=1)


def schema() -> dict[str, Any]:
    """The JSON Schema of `to_json`."""
    text = files("h2proof.properties.proof").joinpath("schema.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
