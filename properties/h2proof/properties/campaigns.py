"""A battery as a campaign: round after round with new seeds, failures told apart and kept.

A round is plain data in and out, so it can be played in another process, and what a campaign finds
does not depend on how many there are. Each round begins with what was known when the campaign did;
failures are one if their fingerprints are equal. What is kept lies in a folder: one file a failure,
and how far the campaign has come.
"""

import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from h2proof.properties.broken import Broken
from h2proof.properties.checks.asgi import asgi_model_of
from h2proof.properties.checks.endpoint import EndpointBattery
from h2proof.properties.checks.handler import HandlerBattery
from h2proof.properties.checks.parser import LinkParserBattery
from h2proof.properties.checks.tried import Tried
from h2proof.properties.defaults import Defaults
from h2proof.properties.search import Case
from h2proof.properties.stacks import STACKS
from h2proof.properties.strategies.scenarios import PATHS
from h2proof.properties.targets import takes
from h2proof.sim.handlers import HANDLERS, HandlerModel
from h2proof.sim.links import PARSERS
from h2proof.sim.naming import no_such
from h2proof.sim.scenario import Scenario
from h2proof.sim.world.named import handler_names, imported

Kind = Literal["handler", "parser", "endpoint", "asgi"]
KINDS: Final[tuple[Kind, ...]] = ("handler", "parser", "endpoint", "asgi")

ROUND_EXAMPLES: Final = 200
"""Examples of one round: small enough for a budget, large enough to pay for its start."""
FAILURES_MAX: Final = 20
"""Failures looked for in one round; a target that breaks in more ways is told so by these."""
VERSION: Final = 1
PROGRESS: Final = "campaign.json"


@dataclass(frozen=True, slots=True)
class Failed:
    """One failure as plain data: what is kept of it, and shown."""

    fingerprint: str
    rule: str
    text: str
    scenario: str = ""
    """The JSON of the scenario, for handlers and applications."""
    octets: str = ""
    """The input of an endpoint, in hexadecimal."""
    chunking: tuple[int, ...] = ()
    value: str = ""
    """The input of a parser, in Latin-1."""

    @classmethod
    def of(cls, broken: Broken) -> "Failed":
        """What a battery has raised."""
        replay = broken.replay
        return cls(
            broken.fingerprint,
            broken.rule,
            str(broken),
            replay.scenario,
            replay.octets.hex(),
            replay.chunking,
            replay.value,
        )

    @property
    def name(self) -> str:
        """A name for its file: the rule, and what sets it apart."""
        digest = hashlib.sha256(self.fingerprint.encode()).hexdigest()[:8]
        word = "".join(each if each.isalnum() else "-" for each in self.rule)
        return f"{word[:40].strip('-')}-{digest}"

    def to_json(self) -> str:
        """A case of `h2proof replay` where there is a scenario, else the input itself."""
        if self.scenario:
            message = self.text.partition("\n\n")[0].replace("\n  ", " ")
            scenario = Scenario.from_json(self.scenario)
            return Case(self.fingerprint, self.rule, message, scenario).to_json()
        return json.dumps({"version": VERSION, **asdict(self)}, indent=1)


@dataclass(frozen=True, slots=True)
class Round:
    """What is to be done: a battery on a target, with a seed and a number of examples."""

    kind: Kind
    target: str
    seed: int
    examples: int = ROUND_EXAMPLES
    known: frozenset[str] = frozenset()
    tour: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round came to."""

    seed: int
    examples: int
    failed: tuple[Failed, ...]
    reached: dict[str, int] = field(default_factory=dict)


def kind_of(target: str) -> Kind:
    """What a target is, told by its table or its signature; ValueError where it cannot be told."""
    if target in HANDLERS:
        return "handler"
    if target in PARSERS:
        return "parser"
    if target in STACKS:
        return "endpoint"
    if ":" not in target:
        raise ValueError(
            no_such(
                "target",
                target,
                (*HANDLERS, *PARSERS, *STACKS),
                f"handlers: {handler_names()}; parsers: {', '.join(PARSERS)}; endpoints: "
                f"{', '.join(STACKS)}; your own by package.module:callable",
            )
        )
    found = imported(target)
    if isinstance(found, HandlerModel):
        return "handler"
    counts: dict[int, Kind] = {0: "endpoint", 1: "parser", 2: "handler", 3: "asgi"}
    possible = [kind for count, kind in counts.items() if takes(found, count)]
    if len(possible) != 1:
        raise ValueError(
            f"{target} could be {' or '.join(possible) or 'nothing that can be tried'}; "
            "say --handler, --parser, --endpoint or --asgi"
        )
    return possible[0]


def play_round(round_: Round) -> Outcome:
    """Try the battery until it holds; each failure is looked past from then on."""
    found: list[Failed] = []
    tried = Tried("")
    examples = 0
    known = round_.known
    while len(found) < FAILURES_MAX:
        chosen = Defaults(round_.examples, round_.seed, known=known, tour=round_.tour)
        try:
            tried = _battery(round_.kind, round_.target, chosen)
        except Broken as broken:
            found.append(Failed.of(broken))
            known |= {broken.fingerprint}
            continue
        examples = tried.examples
        break
    return Outcome(round_.seed, examples or round_.examples, tuple(found), tried.reached)


def _battery(kind: Kind, target: str, chosen: Defaults) -> Tried:
    if kind == "parser":
        parse = PARSERS[target] if target in PARSERS else imported(target)
        return LinkParserBattery(chosen, None)(parse)
    if kind == "endpoint":
        if target in STACKS:
            return EndpointBattery(chosen, answers=STACKS[target].answers)(STACKS[target].make)
        return EndpointBattery(chosen, answers=False)(imported(target))
    options: dict[str, Any] = {}
    handler: object = target
    if kind == "asgi":
        options = {"model_of": asgi_model_of, "what": "check_asgi_app"}
        handler = imported(target)
    battery = HandlerBattery(
        chosen, server="go", paths=PATHS, options={}, without=(), legal=False, **options
    )
    return battery(handler)


@dataclass(slots=True)
class Campaign:
    """How far a campaign has come, and what it has found, by fingerprint."""

    kind: Kind
    target: str
    seed: int
    rounds: int = 0
    examples: int = 0
    failed: dict[str, Failed] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=dict)
    fresh: list[Failed] = field(default_factory=list)
    """What was found since this campaign was taken up."""

    @property
    def never(self) -> tuple[str, ...]:
        """What no round came to."""
        return tuple(name for name, times in self.reached.items() if not times)

    def take(self, outcome: Outcome) -> None:
        """Add what a round came to."""
        self.rounds += 1
        self.examples += outcome.examples
        for name, times in outcome.reached.items():
            self.reached[name] = self.reached.get(name, 0) + times
        for failed in outcome.failed:
            if failed.fingerprint not in self.failed:
                self.failed[failed.fingerprint] = failed
                self.fresh.append(failed)

    def keep(self, folder: Path) -> None:
        """Write what is new into the folder, and how far it has come."""
        folder.mkdir(parents=True, exist_ok=True)
        for failed in self.fresh:
            (folder / f"{failed.name}.json").write_text(failed.to_json() + "\n", "utf-8")
        data = {
            "version": VERSION,
            "kind": self.kind,
            "target": self.target,
            "seed": self.seed,
            "rounds": self.rounds,
            "examples": self.examples,
            "reached": self.reached,
            "failed": [asdict(each) for each in self.failed.values()],
        }
        (folder / PROGRESS).write_text(json.dumps(data, indent=1) + "\n", "utf-8")


def taken_up(kind: Kind, target: str, seed: int, folder: Path | None) -> Campaign:
    """The campaign that the folder holds, to go on with, or a new one.

    ValueError if it is about another target, or cannot be read.
    """
    campaign = Campaign(kind, target, seed)
    path = folder / PROGRESS if folder is not None else None
    if path is None or not path.exists():
        return campaign
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["version"] != VERSION:
            raise ValueError("of another version")
        if (data["kind"], data["target"], data["seed"]) != (kind, target, seed):
            raise ValueError(
                f"about {data['kind']} {data['target']} with seed {data['seed']}; "
                "take another folder"
            )
        for entry in data["failed"]:
            failed = Failed(**{**entry, "chunking": tuple(entry["chunking"])})
            campaign.failed[failed.fingerprint] = failed
        return replace(
            campaign,
            rounds=int(data["rounds"]),
            examples=int(data["examples"]),
            reached=dict(data["reached"]),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds a campaign that cannot be gone on with: {error}") from None


def rounds_of(
    campaign: Campaign, *, examples: int | None, seconds: float | None, executor: Executor | None
) -> Iterator[Outcome]:
    """Play rounds until the examples or the time are spent; each is taken into the campaign.

    With a time the number of rounds is the machine's affair; with examples all is the same for any
    number of workers.
    """
    known = frozenset(campaign.failed)
    until = None if seconds is None else time.monotonic() + seconds
    left = examples
    wide = getattr(executor, "_max_workers", 1) if executor is not None else 1
    while (left is None or left > 0) and (until is None or time.monotonic() < until):
        batch: list[Round] = []
        while len(batch) < wide and (left is None or left > 0):
            some = ROUND_EXAMPLES if left is None else min(ROUND_EXAMPLES, left)
            number = campaign.rounds + len(batch)
            seed = campaign.seed + number
            batch.append(Round(campaign.kind, campaign.target, seed, some, known, tour=number == 0))
            left = None if left is None else left - some
        played = map(play_round, batch) if executor is None else executor.map(play_round, batch)
        for outcome in played:
            campaign.take(outcome)
            yield outcome
