"""A fault that is planted is found, named as its account, with its holder; nothing else is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.properties.proof import planted

from h2proof.oracle import growth
from h2proof.properties.search import examine
from h2proof.properties.search.campaign import figures
from h2proof.sim.clients import Client
from h2proof.sim.clock import VirtualLoop
from h2proof.sim.pipe import Pipe, PipeOptions
from h2proof.sim.scenario import Act, Bounds, CallFault, ClientPlan, RequestPlan, Scenario
from h2proof.sim.servers.go.connection import GoConnection
from h2proof.sim.side import Side
from h2proof.sim.world import Run, World, play, server_named

BASE = Scenario(clients=(ClientPlan(requests=(RequestPlan(), RequestPlan())),), schedule="fifo")


@pytest.fixture(autouse=True)
def _nothing_is_kept_between_tests() -> Iterator[None]:
    planted.KEPT.clear()
    yield
    planted.KEPT.clear()


def played(handler: Any, *acts: Act, serve: Callable[[Side], Any] | None = None) -> Run:
    client = replace(BASE.clients[0], acts=acts)
    return World(replace(BASE, clients=(client,)), handler, serve).play()


def leaks(run: Run) -> dict[str, str]:
    """Holders by the account that leaks."""
    return {
        each.finding.resource.kind: " < ".join(each.finding.holder)
        for each in examine(run)
        if each.finding.rule == "leak" and each.finding.resource is not None
    }


def test_one_line_in_a_layer_is_a_leak_of_wrappers_with_the_list_as_holder() -> None:
    found = leaks(played(planted.KEEPS_WRAPPER))

    assert "of a list < KEPT of module tests.properties.proof.planted" in found["wrapper"]


def test_a_context_in_a_list_is_a_leak_of_request_contexts() -> None:
    found = leaks(played(planted.keeps_context))

    assert "KEPT of module" in found["request context"]


def test_what_is_taken_from_a_pool_and_never_put_back_is_a_leak() -> None:
    assert "thing" in leaks(played(planted.NEVER_PUTS))


def test_what_is_put_back_twice_is_released_twice() -> None:
    rules = {each.finding.rule for each in examine(played(planted.PUTS_TWICE))}

    assert "double_release" in rules


def test_a_task_that_waits_for_ever_keeps_the_run_from_coming_to_rest() -> None:
    run = played(planted.leaves_task)
    told = [each.finding for each in examine(run) if each.finding.rule == "never_quiet"]

    assert told
    assert "waits for Event.wait" in str(told[0].because)
    assert figures(run)["task"].closed > 0


def test_a_handler_that_waits_for_ever_is_held_by_itself_and_said_to_be() -> None:
    rules = {each.finding.rule for each in examine(played(planted.waits_for_ever))}

    assert "never_quiet" in rules


def keeping_ends(kept: list[object]) -> Callable[[Side], Any]:
    """Go's server, with one line too much: each end of HTTP/2 goes into a list."""
    serve = server_named("go").serve

    async def kept_too(side: Side) -> None:
        def endpoint(*args: Any, **options: Any) -> Any:
            end = side.endpoint(*args, **options)
            kept.append(end)
            return end

        await serve(replace(side, endpoint=endpoint))

    return kept_too


async def pushes(w: Any, r: Any) -> None:
    """Two promises, and a body that does not fit."""
    if r.path == "/":
        await w.push("/a")
        await w.push("/b")
    await w.write(bytes(5_000))


@pytest.mark.parametrize(
    ("account", "acts"),
    [
        ("stream slot", (Act("stalled"), Act("vanishes", {"after": "pushed response"}))),
        ("promised identifier", (Act("stalled"), Act("vanishes", {"after": "pushed response"}))),
        ("field block buffer", (Act("floods-continuation"), Act("vanishes", {"after": "frame"}))),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_an_end_of_http2_in_a_list_leaks_what_it_counts(
    account: str, acts: tuple[Act, ...]
) -> None:
    kept: list[object] = []

    found = leaks(played(pushes, *acts, serve=keeping_ends(kept)))

    assert account in found
    assert "an item of a list" in found[account]


def test_what_a_connection_has_written_and_keeps_is_a_leak_of_queued_frames(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(GoConnection, "_answer", planted.keeps_a_write)

    found = leaks(played(pushes))

    assert "KEPT of module tests.properties.proof.planted" in found["queued frame"]


def test_a_clock_that_keeps_what_it_runs_is_a_leak_of_tasks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(VirtualLoop, "create_task", planted.keeps_tasks)

    found = leaks(played(pushes))

    assert "KEPT of module tests.properties.proof.planted" in found["task"]


def test_a_client_that_closes_nothing_is_a_leak_of_the_task_that_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Client, "leave", planted.closes_nothing)

    found = leaks(played(pushes))

    assert {"task": "it waits for client's octets of connection 0"} == found


def test_a_client_whose_act_goes_on_keeps_the_run_from_coming_to_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a client runs has no account; who still waits is told all the same, by name."""
    monkeypatch.setattr(Client, "calm", planted.ends_no_act)

    told = [each.finding for each in examine(played(pushes, Act("stalled")))]

    assert ["never_quiet"] == [each.rule for each in told]
    assert "client 0 stalled waits for the end of the act" in told[0].message


def test_a_deadline_of_a_stream_that_is_closed_is_a_leak_of_timers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(GoConnection, "_clear_deadline", planted.clears_no_deadline)
    an_hour = replace(BASE, options={"write_timeout_ns": 3_600_000_000_000})

    found = leaks(World(an_hour, pushes).play())

    assert "_timers of a VirtualLoop" in found["timer"]
    monkeypatch.undo()
    assert {} == leaks(World(an_hour, pushes).play())


def test_a_pool_that_is_never_drawn_from_is_a_leak_of_pooled_objects() -> None:
    found = leaks(played(planted.HOARDS))

    assert "_free of a Hoard" in found["pooled thing"]


def test_a_pipe_that_keeps_who_writes_into_it_is_a_leak_of_tasks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Pipe, "put", planted.keeps_who_puts)

    found = leaks(played(pushes))

    assert "KEPT of module tests.properties.proof.planted" in found["task"]


def test_the_pair_without_a_plant_has_no_leak() -> None:
    assert {} == leaks(played(pushes, Act("stalled")))


def grown(handler: Any, sizes: tuple[int, ...], kind: str) -> str:
    """The law of what is live at quiet, by the number of requests."""
    values = []
    for size in sizes:
        # one after the other: what comes before the server's SETTINGS may be refused
        asked = tuple(RequestPlan("/x", at_ns=number * 100_000) for number in range(size))
        plan = ClientPlan(requests=asked)
        scenario = Scenario(
            clients=(plan,),
            schedule="fifo",
            server="plain",
            bounds=Bounds(steps_max=10_000_000),
        )
        run = World(scenario, handler).play()
        values.append((size, figures(run)[kind].at_quiet))
    return growth.law(values).law


def test_a_cache_of_64_is_bounded() -> None:
    assert "bounded" == grown(planted.cache_of(64), (32, 64, 128, 256, 512), "entry")


@pytest.mark.slow
def test_a_cache_of_4096_is_bounded() -> None:
    assert "bounded" == grown(planted.cache_of(4096), (2048, 4096, 8192, 12288), "entry")


def test_a_cache_that_was_not_seen_full_is_not_called_bounded() -> None:
    assert "linear" == grown(planted.cache_of(4096), (16, 32, 64, 128), "entry")


def test_a_context_kept_for_each_request_is_a_slope_of_one() -> None:
    assert "linear" == grown(planted.keeps_context, (4, 8, 16, 32), "request context")


def test_a_context_kept_for_each_promise_is_a_slope_of_one() -> None:
    async def keeps_promised(w: Any, r: Any) -> None:
        if r.path.startswith("/promised"):
            planted.KEPT.append(r.context)
        for number in range(int(r.path[1:]) if r.path[1:].isdigit() else 0):
            await w.push(f"/promised/{number}")
        await w.write_header(200)

    values = []
    for size in (1, 2, 4, 8, 16):
        planted.KEPT.clear()
        plan = ClientPlan(requests=(RequestPlan(f"/{size}"),))
        run = World(replace(BASE, clients=(plan,)), keeps_promised).play()
        values.append((size, figures(run)["request context"].at_quiet))

    assert "linear up to 16, slope 1" == str(growth.law(values))


def test_one_of_a_kind_is_constant() -> None:
    assert "constant" == grown(planted.cache_of(1), (8, 16, 32, 64), "entry")


def test_a_client_that_never_reads_again_is_said_to_be_waited_for() -> None:
    """G32: the one retention without an end, and no deadline of the stream helps against it."""
    client = ClientPlan(acts=(Act("stops-reading", {"after": "settings", "for_good": 1}),))
    scenario = Scenario(
        "caddy",
        clients=(client,),
        schedule="fifo",
        options={"body_octets": 60_000},
        downward=PipeOptions(capacity=10_000),
    )

    run = play(scenario)
    told = [each.finding for each in examine(run) if each.finding.rule == "never_quiet"]

    assert not run.outcome.quiet
    assert told
    assert "room for server's octets of connection 0" in str(told[0].because)
    assert figures(run)["wrapper"].at_quiet == 1


def test_what_faults_are_wrapped_in_is_no_holder() -> None:
    fault = CallFault("write", 2, "raise")
    run = World(replace(BASE, faults=(fault,)), planted.KEEPS_WRAPPER).play()

    assert "KEPT of module tests.properties.proof.planted" in leaks(run)["wrapper"]
    assert "Faulty" not in str([each.finding.holder for each in examine(run)])


def test_holders_are_told_alike_whatever_was_played_before() -> None:
    first, second = (leaks(played(planted.KEEPS_WRAPPER)) for _ in range(2))

    assert first == second
