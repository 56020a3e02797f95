"""`check_handler` stays silent about handlers that are right, whatever they are made of."""

import asyncio
from contextlib import suppress

import pytest

from h2proof.properties import check_handler
from h2proof.sim.handlers.protocol import Handler, Request, ResponseWriter
from h2proof.sim.pipe import PipeOptions
from h2proof.sim.scenario import ClientPlan, RequestPlan, Scenario
from h2proof.sim.world import World

INITIAL_WINDOW_SIZE = 4


async def does_nothing(w: ResponseWriter, r: Request) -> None:
    """The server answers for it."""


async def sleeps(w: ResponseWriter, r: Request) -> None:
    await asyncio.sleep(1)
    await w.write(b"late")


async def writes_a_megabyte(w: ResponseWriter, r: Request) -> None:
    await w.write_header(200)
    for _ in range(64):
        await w.write(bytes(16_384))


async def reads_the_body(w: ResponseWriter, r: Request) -> None:
    octets = 0
    while part := await r.body.read(1000):
        octets += len(part)
    await w.write(str(octets).encode())


async def hints_first(w: ResponseWriter, r: Request) -> None:
    w.header["link"] = ["</a>; rel=preload"]
    await w.write_header(103)
    await w.write_header(200)
    await w.flush()
    await w.write(b"hello")


async def lets_a_push_error_pass(w: ResponseWriter, r: Request) -> None:
    await w.push("/style.css")
    await w.write(b"hello")


async def works_in_a_group(w: ResponseWriter, r: Request) -> None:
    """A failing write leaves the group as an ExceptionGroup, and a cycle of its traceback."""
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def produce() -> None:
        for _ in range(3):
            await asyncio.sleep(0.1)
            await queue.put(b"part")
        await queue.put(None)

    async with asyncio.TaskGroup() as group:
        group.create_task(produce())
        while (part := await queue.get()) is not None:
            await w.write(part)


async def gives_up_in_time(w: ResponseWriter, r: Request) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(2):
            await w.write(bytes(100_000))


RIGHT: tuple[Handler, ...] = (
    does_nothing,
    sleeps,
    writes_a_megabyte,
    reads_the_body,
    hints_first,
    lets_a_push_error_pass,
    works_in_a_group,
    gives_up_in_time,
)


@pytest.mark.parametrize("handler", RIGHT, ids=lambda handler: handler.__name__)
def test_a_right_handler_passes(handler: Handler) -> None:
    check_handler(handler, seed=5, examples=10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("handler", RIGHT, ids=lambda handler: handler.__name__)
def test_a_right_handler_passes_under_every_seed(handler: Handler, seed: int) -> None:
    check_handler(handler, seed=seed, examples=100)


def test_a_client_that_credits_octet_by_octet_leaves_no_one_behind() -> None:
    """The hostile phase runs out of steps; the quiet one has its own, and windows open there."""
    plan = ClientPlan(
        requests=(RequestPlan(), RequestPlan(), RequestPlan(body_octets=1024)),
        settings=((INITIAL_WINDOW_SIZE, 1),),
    )
    run = World(Scenario(clients=(plan,), schedule="fifo"), writes_a_megabyte).play()

    assert run.outcome.quiet
    assert run.outcome.steps > run.scenario.bounds.steps_max


def test_a_pipe_of_a_few_octets_is_wide_when_all_is_to_come_to_rest() -> None:
    narrow = PipeOptions(capacity=20)
    run = World(Scenario(schedule="fifo", downward=narrow), writes_a_megabyte).play()

    assert run.outcome.quiet
