"""`check_endpoint` on every row of STACKS, and on endpoints with one thing wrong each."""

from collections.abc import Callable
from typing import Any

import pytest

from h2proof.properties import Broken, check_endpoint
from h2proof.properties.broken import Misused
from h2proof.properties.checks.driving import holds
from h2proof.properties.defaults import Defaults, desk
from h2proof.properties.stacks import STACKS
from h2proof.sim import Connection, responder
from h2proof.sim.codec import HEADER_LENGTH
from h2proof.sim.endpoint import Endpoint

OURS = [name for name in STACKS if name.startswith("ours")]


@pytest.mark.parametrize("name", OURS)
def test_our_endpoints_hold_every_property(name: str) -> None:
    stack = STACKS[name]

    tried = check_endpoint(stack.make, seed=1, examples=60, answers=stack.answers)

    assert tried.reached["closes"] > 5
    assert tried.reached["stays open"] > 5


@pytest.mark.slow
@pytest.mark.parametrize("name", OURS)
def test_our_endpoints_hold_every_property_for_long(name: str) -> None:
    stack = STACKS[name]

    check_endpoint(stack.make, seed=2, examples=3000, answers=stack.answers, strict=True)


@pytest.mark.parametrize("name", ["h2", "h2-client"])
def test_h2_keeps_the_field_block_that_was_open_when_it_closed_and_nothing_else(name: str) -> None:
    with pytest.raises(Broken, match="keeps an open field block when it is closed") as broken:
        check_endpoint(STACKS[name].make, seed=1, examples=1)

    with desk(Defaults(known=frozenset({broken.value.fingerprint}))):
        check_endpoint(STACKS[name].make, seed=1, examples=40)


class Wrong:
    """A right server with one thing changed; what it does not change is the server's own."""

    def __init__(self) -> None:
        self.inner: Endpoint = responder()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def receive(self, data: bytes) -> object:
        """As the server does."""
        return self.inner.receive(data)

    def take_output(self) -> bytes:
        """As the server does."""
        return self.inner.take_output()

    @property
    def closed(self) -> bool:
        """As the server does."""
        return self.inner.closed


class Raises(Wrong):
    """It cannot take a DATA frame without octets."""

    def receive(self, data: bytes) -> object:
        if data[:4] == b"\0\0\0\0" and len(data) == HEADER_LENGTH:
            raise KeyError(data[:3])
        return super().receive(data)


class DependsOnChunks(Wrong):
    """It forgets what comes in pieces of one octet."""

    def receive(self, data: bytes) -> object:
        return [] if len(data) == 1 else super().receive(data)


class KeepsAll(Wrong):
    """It keeps what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[bytes] = []

    def receive(self, data: bytes) -> object:
        self.kept.append(data)
        return super().receive(data)


class NeverCloses(Wrong):
    """It does not say when it is over."""

    @property
    def closed(self) -> bool:
        return False


class HandsOutTwice(Wrong):
    """It gives its last output again."""

    def __init__(self) -> None:
        super().__init__()
        self.last = b""

    def take_output(self) -> bytes:
        self.last = super().take_output() or self.last
        return self.last


class AcknowledgesTwice(Wrong):
    """It answers SETTINGS once too often."""

    def take_output(self) -> bytes:
        octets = super().take_output()
        return octets.replace(b"\0\0\0\4\1\0\0\0\0", b"\0\0\0\4\1\0\0\0\0" * 2)


class AnswersNothing(Wrong):
    """A bare connection: nobody answers."""

    def __init__(self) -> None:
        self.inner = Connection("server", settings={3: 100})


@pytest.mark.parametrize(
    ("factory", "sentence"),
    [
        (Raises, "raised KeyError"),
        (DependsOnChunks, "depends on the chunking"),
        (KeepsAll, "keeps an open field block when it is closed: a bytes in a list"),
        (NeverCloses, "is not closed after a connection error"),
        (HandsOutTwice, "hands octets out twice"),
        (AcknowledgesTwice, "acknowledges_nothing"),
        (AnswersNothing, "does not answer the request on stream 1"),
    ],
)
def test_one_wrong_thing_is_found_and_told(factory: Callable[[], Endpoint], sentence: str) -> None:
    with pytest.raises(Broken) as broken:
        check_endpoint(factory, seed=1, examples=80, answers=True)

    assert sentence in str(broken.value)
    assert factory.__name__ in str(broken.value)


def shared(endpoint: Endpoint) -> Callable[[], Endpoint]:
    """A factory that makes nothing."""
    return lambda: endpoint


@pytest.mark.parametrize(
    ("factory", "sentence"),
    [
        (shared(responder()), "gave the same object twice"),
        (object, "gave a object without receive"),
        ("responder", "takes a function that makes an endpoint"),
    ],
)
def test_what_makes_no_endpoints_is_refused_with_one_sentence(factory: Any, sentence: str) -> None:
    with pytest.raises(Misused, match=sentence):
        check_endpoint(factory, examples=1)


def test_octets_are_found_wherever_an_object_keeps_them() -> None:
    class Deep:
        def __init__(self) -> None:
            self.inside = {"a": [(1, {"b": bytearray(b"..marked..")})]}

    assert "a bytearray in a dict" == holds(Deep(), b"marked")
    assert holds(Deep(), b"others") is None


def test_the_decorator_makes_a_test_of_a_factory() -> None:
    @check_endpoint(seed=1, examples=2)
    def test_mine() -> Endpoint:
        return responder()

    assert "test_mine" == test_mine.__name__
    test_mine()
