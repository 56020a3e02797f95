"""The values a scenario is made of, each checked when it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from h2proof.sim import pipe
from h2proof.sim.naming import no_such
from h2proof.sim.pipe import PipeOptions
from h2proof.sim.scenario import plain

Param = int | str | bool
FaultyCall = Literal["push", "write", "flush", "write_header", "read"]
Effect = Literal["raise", "block", "cancel"]

FAULTY_CALLS: Final[tuple[FaultyCall, ...]] = get_args(FaultyCall)
EFFECTS: Final[tuple[Effect, ...]] = get_args(Effect)


def _not_negative(what: str, value: int) -> None:
    if value < 0:
        raise ValueError(f"{what} is {value}; it cannot be below 0")


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """One request: sent `at_ns` after its client began, with a body of `body_octets` octets.

    `fields` are added to the pseudo-header fields; names in lower case.
    """

    path: str = "/"
    method: str = "GET"
    authority: str = "localhost"
    scheme: str = "https"
    fields: tuple[tuple[str, str], ...] = ()
    body_octets: int = 0
    at_ns: int = 0

    def __post_init__(self) -> None:
        _not_negative("a request's body_octets", self.body_octets)
        _not_negative("a request's at_ns", self.at_ns)
        for name, _ in self.fields:
            if name != name.lower():
                raise ValueError(f"field name {name!r}: on an HTTP/2 wire names are in lower case")

    def section(self) -> tuple[tuple[bytes, bytes], ...]:
        """The field section as it goes on the wire, values as Latin-1 octets."""
        pseudo = (
            (b":method", self.method.encode("latin-1")),
            (b":scheme", self.scheme.encode("latin-1")),
            (b":authority", self.authority.encode("latin-1")),
            (b":path", self.path.encode("latin-1")),
        )
        if not self.fields:
            return pseudo
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.fields]
        return (*pseudo, *fields)


@dataclass(frozen=True, slots=True)
class Act:
    """A behaviour on stage: from when until when, and for which of the client's requests.

    `requests` are ordinals from 0; none means all. Times are nanoseconds since the client began;
    an act with `until_ns` None lasts until the faults stop.
    """

    behaviour: str
    params: Mapping[str, Param] = field(default_factory=dict)
    from_ns: int = 0
    until_ns: int | None = None
    requests: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _not_negative("an act's from_ns", self.from_ns)
        if self.until_ns is not None and self.until_ns <= self.from_ns:
            raise ValueError(
                f"act {self.behaviour!r} ends at {self.until_ns} ns, before it begins; "
                f"until_ns has to be above from_ns ({self.from_ns})"
            )


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """One client: what it asks for, and the acts that make it less than polite.

    `settings` are the pairs of its first SETTINGS frame, by number.
    """

    requests: tuple[RequestPlan, ...] = (RequestPlan(),)
    acts: tuple[Act, ...] = ()
    settings: tuple[tuple[int, int], ...] = ()
    at_ns: int = 0

    def __post_init__(self) -> None:
        _not_negative("a client's at_ns", self.at_ns)
        for act in self.acts:
            for ordinal in act.requests:
                if not 0 <= ordinal < len(self.requests):
                    raise ValueError(
                        f"act {act.behaviour!r} is about request {ordinal}, but this client has "
                        f"{len(self.requests)}, counted from 0"
                    )
        for identifier, value in self.settings:
            if not (0 <= identifier <= 0xFFFF and 0 <= value <= 0xFFFFFFFF):
                raise ValueError(f"setting {identifier}={value} does not fit into 16 and 32 bits")


@dataclass(frozen=True, slots=True)
class CallFault:
    """The `nth` call of a kind (from 1, over the whole run) that a handler makes goes wrong.

    It raises what a broken connection would, blocks until the faults stop, or is cancelled.
    """

    call: FaultyCall
    nth: int
    effect: Effect = "raise"

    def __post_init__(self) -> None:
        if self.call not in FAULTY_CALLS:
            can_fail = f"these can fail: {', '.join(FAULTY_CALLS)}"
            raise ValueError(no_such("call", self.call, FAULTY_CALLS, can_fail))
        if self.effect not in EFFECTS:
            raise ValueError(no_such("effect", self.effect, EFFECTS))
        if self.nth < 1:
            raise ValueError(f"calls are counted from 1, so none is number {self.nth}")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a run ends at the latest.

    The hostile phase lasts until nothing more is to be done, `hostile_ns` at most; each quiet
    phase has `quiet_ns`. Each phase has `steps_max` steps, whatever the ones before have used. A
    quiet phase may have them once for each exchange that is open when it begins, ten times at most,
    as long as frames arrive: there is more to do then, while what spins gets nowhere.
    """

    steps_max: int = 50_000
    hostile_ns: int = 10_000_000_000
    quiet_ns: int = 120_000_000_000

    def __post_init__(self) -> None:
        if self.steps_max < 1:
            raise ValueError("steps_max below 1: nothing could happen")
        _not_negative("hostile_ns", self.hostile_ns)
        _not_negative("quiet_ns", self.quiet_ns)


DEFAULT_BOUNDS: Final = Bounds()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole run as data.

    `handler` is a row of HANDLERS or `package.module:callable`; `server` a row of SERVERS;
    `options` go to both by name. `schedule` is "seeded" (by `seed`), "fifo", or the list of
    choices of an earlier run. `upward` is the pipe to the server, `downward` the one back.
    """

    handler: str = ""
    server: str = "go"
    clients: tuple[ClientPlan, ...] = (ClientPlan(),)
    options: Mapping[str, Param] = field(default_factory=dict)
    faults: tuple[CallFault, ...] = ()
    seed: int = 0
    schedule: Literal["seeded", "fifo"] | tuple[int, ...] = "seeded"
    upward: PipeOptions = pipe.DEFAULT
    downward: PipeOptions = pipe.DEFAULT
    bounds: Bounds = DEFAULT_BOUNDS

    def __post_init__(self) -> None:
        if isinstance(self.schedule, str):
            if self.schedule not in ("seeded", "fifo"):
                raise ValueError(
                    f"schedule {self.schedule!r}: it is seeded, fifo, or a list of choices"
                )
        elif any(choice < 0 for choice in self.schedule):
            raise ValueError("a schedule's choices are indexes from 0")
        if len({(fault.call, fault.nth) for fault in self.faults}) < len(self.faults):
            raise ValueError("two faults hit the same call; each call can go wrong in one way")

    def to_json(self) -> str:
        """The scenario as versioned JSON; what has its default value is left out."""
        return plain.dump(self)

    @classmethod
    def from_json(cls, text: str) -> "Scenario":
        """The scenario that `to_json` wrote; ValueError with one sentence for anything else."""
        return plain.load(cls, text)
