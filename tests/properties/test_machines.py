"""State machines: ours hold, wrong ends are found with a table, sequences can be scripted."""

import pytest
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test

from h2proof.properties import Broken
from h2proof.properties.machines import (
    BothMachine,
    ClientMachine,
    Machine,
    ServerMachine,
    scenario,
)
from h2proof.sim import Connection, responder
from h2proof.sim.endpoint import Endpoint

few = hypothesis_settings(
    max_examples=8, stateful_step_count=25, deadline=None, derandomize=True, database=None
)
one = hypothesis_settings(
    few, max_examples=400, phases=(Phase.generate,), report_multiple_bugs=False
)
many = hypothesis_settings(few, max_examples=300, stateful_step_count=50)
MACHINES = (ServerMachine, ClientMachine, BothMachine)


@pytest.mark.parametrize("machine", MACHINES)
def test_our_own_ends_hold_after_every_step(machine: type[Machine]) -> None:
    run_state_machine_as_test(machine, settings=few)


@pytest.mark.slow
@pytest.mark.parametrize("machine", MACHINES)
def test_our_own_ends_hold_for_long(machine: type[Machine]) -> None:
    run_state_machine_as_test(machine, settings=many)


def test_steps_can_be_scripted() -> None:
    playing = scenario(
        BothMachine,
        ["ask", ("promise", {"stream": 1}), ("reset", {"stream": 2}), ("answer", {"stream": 1})],
    )

    assert isinstance(playing.client, Connection)
    assert "reset received" == playing.client.state(2).phrase
    assert "half closed local" == playing.client.state(1).phrase


def test_octets_arrive_in_pieces_and_frames_in_order() -> None:
    playing = scenario(ServerMachine, ["ask", *[("client_octets_arrive", {"octets": 7})] * 3])

    kinds = [event.kind for event in playing.trace]
    assert kinds.count("delivered") == kinds.count("frame")


class Credulous:
    """A server that answers on a stream once more after it has ended it."""

    def __init__(self) -> None:
        self.inner = responder()
        self.closed = False

    def receive(self, data: bytes) -> object:
        """As the server does."""
        return self.inner.receive(data)

    def take_output(self) -> bytes:
        """What the server says, its DATA twice."""
        octets = self.inner.take_output()
        end = octets.find(b"\0\1\0\0\0\1")
        return octets if end < 0 else octets + octets[end - 3 :]


class CredulousMachine(ServerMachine):
    def endpoint(self) -> Endpoint:
        return Credulous()


def test_a_wrong_server_is_found_with_the_table_of_its_streams() -> None:
    with pytest.raises(Broken) as broken:
        scenario(CredulousMachine, ["ask", "client_octets_arrive", "server_octets_arrive"])

    text = str(broken.value)
    assert "CredulousMachine: " in text
    assert "may send" in text
    assert "1 client half closed local 65535 65535" in " ".join(text.split())


def test_a_wrong_server_is_found_by_random_steps() -> None:
    with pytest.raises(Broken):
        run_state_machine_as_test(CredulousMachine, settings=one)
