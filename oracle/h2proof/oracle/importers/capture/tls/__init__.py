"""TLS 1.2 and 1.3, with the secrets of a key log: what was said inside.

The session knows the handshake; each direction (`half`) opens its own records (`records`,
`protection`). What comes out is read like any other conversation.
"""

from typing import Final

from h2proof.oracle.importers.capture.builder import Builder
from h2proof.oracle.importers.capture.conversation import Context, Conversation
from h2proof.oracle.importers.capture.held import Held
from h2proof.oracle.importers.capture.tls import hello
from h2proof.oracle.importers.capture.tls.half import Half, Stage
from h2proof.oracle.importers.capture.tls.protection import (
    Protection,
    protection_12,
    protection_13,
)
from h2proof.oracle.importers.capture.tls.suites import SUITES
from h2proof.oracle.importers.imported import Gap
from h2proof.sim.trace import SENDERS, ConnectionInfo

_LABELS: Final[dict[tuple[bool, Stage], str]] = {
    (True, "early"): "CLIENT_EARLY_TRAFFIC_SECRET",
    (True, "handshake"): "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    (False, "handshake"): "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    (True, "application"): "CLIENT_TRAFFIC_SECRET_0",
    (False, "application"): "SERVER_TRAFFIC_SECRET_0",
}
"""Of the NSS key log, by client and stage; TLS 1.2 has one secret for all."""
_MASTER_SECRET: Final = "CLIENT_RANDOM"

_CLIENT_HELLO: Final = 1
_SERVER_HELLO: Final = 2
_END_OF_EARLY_DATA: Final = 5
_ENCRYPTED_EXTENSIONS: Final = 8
_FINISHED: Final = 20
_KEY_UPDATE: Final = 24

_HELP: Final = (
    "it needs the key log of the connection (--keylog FILE, SSLKEYLOGFILE, or secrets inside the "
    "pcapng) and the extra `pcap` (pip install 'h2proof[pcap]')"
)


class Tls:
    """A connection that turned out to be TLS."""

    def __init__(self, context: Context, held: Held, ends: tuple[str, str], client: int) -> None:
        self.tls13: bool | None = None
        self.alpn: str | None = None
        self._context = context
        self._names = ends[client], ends[1 - client]
        self._offered: tuple[str, ...] | None = None
        self._client_random = self._server_random = b""
        self._suite = 0
        self._early: bool | None = None
        """Whether the server accepted early data."""
        self._no_library = False
        halves = [Half(self, held, client=side == client) for side in (0, 1)]
        self.sides = halves[0], halves[1]
        self._client, self._server = halves[client], halves[1 - client]
        self._inside = Conversation(context, held, ends, self.sides, "tls")

    # -- keys --

    def protection(self, client: bool, stage: Stage) -> Protection | None:
        """The keys of a side at a stage; None while, or if, they are not known."""
        suite = SUITES.get(self._suite)
        if suite is None or (stage == "early" and not self._early):
            return None
        label = _LABELS[client, stage] if self.tls13 else _MASTER_SECRET
        secret = self._context.keys.secret(label, self._client_random)
        if secret is None:
            return None
        try:
            if self.tls13:
                return protection_13(suite, secret)
            randoms = self._client_random, self._server_random
            return protection_12(suite, secret, *randoms, client=client)
        except ModuleNotFoundError:
            self._no_library = True
        except ValueError:  # a secret that is none
            pass
        return None

    # -- the handshake --

    def message(self, half: Half, kind: int, body: bytes) -> None:
        """A handshake message of one side."""
        if kind == _CLIENT_HELLO and half.client:
            self._client_hello(body)
        elif kind == _SERVER_HELLO and not half.client:
            self._server_hello(body)
        elif kind == _ENCRYPTED_EXTENSIONS and self.tls13 and not half.client:
            self._extensions(body)
        elif kind == _FINISHED and self.tls13:
            half.enter("application")
        elif kind == _END_OF_EARLY_DATA and self.tls13:
            half.enter("handshake")
        elif kind == _KEY_UPDATE and self.tls13:
            half.update()

    def _client_hello(self, body: bytes) -> None:
        said = hello.client_hello(body)
        if said is None:
            return
        self._client_random = said.random
        self._offered = said.protocols
        if said.early_data:
            self._client.enter("early")

    def _server_hello(self, body: bytes) -> None:
        said = hello.server_hello(body)
        if said is None:
            return
        self.tls13 = said.tls13
        self._suite = said.suite
        self._server_random = said.random
        self.alpn = said.protocol or self.alpn
        if said.retry:
            self._client.lenient = True
            self._client.enter("plain")
        elif said.tls13:
            self._server.enter("handshake")
            if self._client.stage != "early":
                self._client.enter("handshake")
            elif self.protection(False, "handshake") is None:
                self._settle_early(False)  # whether it was accepted stays hidden
        self._client.pump()

    def _extensions(self, body: bytes) -> None:
        said = hello.encrypted_extensions(body)
        if said is None:
            return
        self.alpn = said.protocol
        if self._client.stage == "early":
            self._settle_early(said.early_data)
        self._client.pump()

    def _settle_early(self, accepted: bool) -> None:
        self._early = accepted
        if not accepted or self.protection(True, "early") is None:
            self._client.lenient = True
            self._client.enter("handshake")

    # -- the end --

    def finish(self, packet: int, at: int) -> None:
        """Nothing more will come."""
        for half in (self._server, self._client, self._server):
            half.pump()
        for half in self.sides:
            half.give_up()
        self._inside.finish(packet, at)

    @property
    def _readable(self) -> bool:
        return any(half.opened for half in self.sides)

    @property
    def skipped(self) -> str:
        """Why it is no HTTP/2, as far as that can be known."""
        if self._readable:
            decision = self._inside.decision
            assert decision is not None
            return f"{decision.reason} inside TLS" if decision.what != "http2" else ""
        if self.alpn is not None and self.alpn != "h2":
            return f"{self.alpn} inside TLS"
        if self._offered is not None and "h2" not in self._offered:
            return "TLS whose client did not offer h2"
        if not any(half.encrypted for half in self.sides):
            return "TLS without application data"
        return ""

    @property
    def locked(self) -> str:
        """Why it could not be decrypted, or nothing."""
        if self._readable:
            return ""
        if self.tls13 is not None and self._suite not in SUITES:
            return f"TLS with the cipher suite 0x{self._suite:04x}, which HTTP/2 does not allow"
        return f"TLS that could not be decrypted: {_HELP}"

    @property
    def builder(self) -> Builder:
        """The trace; without frames where nothing could be decrypted."""
        if self._inside.builder is not None:
            return self._inside.builder
        info = ConnectionInfo(*self._names, "tls")
        return Builder(info, keep_data=False, traces=self._context.traces)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not decrypted."""
        return tuple(
            Gap("encrypted, not read", half.encrypted, SENDERS[not half.client])
            for half in (self._client, self._server)
            if half.encrypted
        )
