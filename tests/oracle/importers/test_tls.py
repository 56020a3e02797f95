"""TLS as OpenSSL speaks it, and as a few lines of our own do where OpenSSL cannot be told to.

The records of `Said` are protected with the key schedule of the library `cryptography`, so that
the one under test is compared with another.
"""

import hashlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from struct import pack

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import aead
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from tests.oracle.importers import wire
from tests.oracle.importers.reading import Row, read, rows, rows_of
from tests.oracle.importers.wire import CLIENT, SERVER, Talk, block, frame, interface, pcap, section

from h2proof.oracle.importers import Imported, Options

MORE = frame(6, 0, 0, b"12345678")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The frames of the conversation in clear text."""
    path = tmp_path_factory.mktemp("plain") / "x"
    [imported], _ = read(path, pcap(wire.small_talk().packets()))
    return rows(imported.trace)


# -- OpenSSL --


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime(2026, 1, 1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(9999))
    signed = builder.sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("certificate") / "pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@dataclass
class Session:
    """Two ends of OpenSSL, and the TCP between them."""

    ends: list[ssl.SSLObject]
    incoming: list[ssl.MemoryBIO]
    outgoing: list[ssl.MemoryBIO]
    talk: Talk = field(default_factory=lambda: Talk().open())

    def flush(self) -> None:
        """Carry what both ends have to send."""
        for side in (CLIENT, SERVER):
            octets = self.outgoing[side].read()
            if octets:
                self.talk.say(side, octets)
                self.incoming[1 - side].write(octets)

    def shake_hands(self) -> None:
        waiting = {CLIENT, SERVER}
        while waiting:
            for side in sorted(waiting):
                try:
                    self.ends[side].do_handshake()
                    waiting.discard(side)
                except ssl.SSLWantReadError:
                    pass
                self.flush()

    def say(self, side: int, octets: bytes) -> None:
        self.ends[side].write(octets)
        self.flush()
        self.ends[1 - side].read(1 << 16)
        self.flush()


def session(certificate: Path, keys: Path, suite: str, version: ssl.TLSVersion) -> Session:
    contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)]
    for context in contexts:
        context.minimum_version = context.maximum_version = version
        context.set_alpn_protocols(["h2"])
        if version is ssl.TLSVersion.TLSv1_2:
            context.set_ciphers(suite)
    contexts[CLIENT].check_hostname = False
    contexts[CLIENT].verify_mode = ssl.CERT_NONE
    contexts[CLIENT].keylog_filename = str(keys)
    contexts[SERVER].load_cert_chain(certificate)
    incoming = [ssl.MemoryBIO(), ssl.MemoryBIO()]
    outgoing = [ssl.MemoryBIO(), ssl.MemoryBIO()]
    ends = [
        contexts[side].wrap_bio(incoming[side], outgoing[side], server_side=side == SERVER)
        for side in (CLIENT, SERVER)
    ]
    return Session(ends, incoming, outgoing)


def converse(one: Session) -> list[bytes]:
    """The small talk over TLS, as packets."""
    one.shake_hands()
    one.say(CLIENT, wire.CLIENT_OPENING)
    one.say(SERVER, wire.SERVER_ANSWER)
    one.say(CLIENT, frame(4, 1, 0))
    return one.talk.close().packets()


SUITES = [
    ("ECDHE-ECDSA-AES128-GCM-SHA256", ssl.TLSVersion.TLSv1_2),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", ssl.TLSVersion.TLSv1_2),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", ssl.TLSVersion.TLSv1_2),
    ("default", ssl.TLSVersion.TLSv1_3),
]


@pytest.mark.parametrize(("suite", "version"), SUITES)
def test_what_openssl_says_is_read_octet_for_octet(
    suite: str, version: ssl.TLSVersion, certificate: Path, plain: list[Row], tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    packets = converse(session(certificate, keys, suite, version))
    [imported], account = read(tmp_path / "x", pcap(packets), Options(keys, keep_data=True))

    assert plain == rows(imported.trace)
    assert ("h2", True, "") == (imported.alpn, imported.complete, imported.locked)
    assert "tls" == imported.trace.connections[0].transport
    assert [] == account.damage


def test_keys_come_from_the_capture_the_option_and_the_environment(
    certificate: Path, plain: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    packets = converse(session(certificate, keys, *SUITES[3]))
    log = keys.read_bytes()
    secrets = block(10, pack("<II", 0x544C534B, len(log)) + log)
    blocks = b"".join(wire.enhanced(packet) for packet in packets)
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"# none\nCLIENT_RANDOM xx yy\n")

    [inside], _ = read(tmp_path / "x", section() + interface() + secrets + blocks)
    [behind], _ = read(tmp_path / "x", section() + interface() + blocks + secrets)
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    [around], _ = read(tmp_path / "x", pcap(packets), Options(wrong, keep_data=True))

    assert plain == rows(inside.trace) == rows(around.trace)
    assert sorted(plain) == sorted(rows(behind.trace))


def test_without_keys_or_library_a_connection_is_locked_and_says_what_helps(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    packets = converse(session(certificate, keys, *SUITES[3]))

    def locked(options: Options) -> str:
        [imported], _ = read(tmp_path / "x", pcap(packets), options)
        assert [] == rows(imported.trace)
        assert {"client", "server"} == {gap.sender for gap in imported.gaps}
        return imported.locked

    assert all(help in locked(Options()) for help in ("--keylog", "pip install 'h2proof[pcap]'"))
    monkeypatch.setitem(__import__("sys").modules, "cryptography.exceptions", None)
    assert "pip install 'h2proof[pcap]'" in locked(Options(keys))


def test_a_lost_record_costs_that_record_only(certificate: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    one = session(certificate, keys, *SUITES[3])
    one.shake_hands()
    one.say(CLIENT, wire.CLIENT_OPENING)
    for _ in range(6):
        one.say(SERVER, frame(0, 0, 1, bytes(1000)))
    packets = one.talk.close().packets()
    del packets[-7]
    [imported], _ = read(tmp_path / "x", pcap(packets), Options(keys))

    assert 5 == len(rows_of(imported.trace, "server"))
    assert not imported.complete


# -- records of our own --

RANDOM = bytes(range(32))


def expand(name: str, secret: bytes, label: bytes, octets: int) -> bytes:
    """HKDF-Expand-Label as the library computes it."""
    label = b"tls13 " + label
    info = pack(">HB", octets, len(label)) + label + b"\x00"
    algorithm = hashes.SHA384() if name == "sha384" else hashes.SHA256()
    return HKDFExpand(algorithm, octets, info).derive(secret)


@dataclass
class Keys:
    """What protects one direction for a while."""

    secret: bytes
    hash: str = "sha256"
    number: int = 0

    def protect(self, kind: int, octets: bytes, padding: int = 0) -> bytes:
        """A record."""
        chacha = self.hash == "chacha"
        name = "sha256" if chacha else self.hash
        size = 16 if self.hash == "sha256" else 32
        key = expand(name, self.secret, b"key", size)
        iv = int.from_bytes(expand(name, self.secret, b"iv", 12), "big")
        nonce = (iv ^ self.number).to_bytes(12, "big")
        self.number += 1
        inner = octets + bytes((kind,)) + bytes(padding)
        header = b"\x17\x03\x03" + pack(">H", len(inner) + 16)
        cipher = aead.ChaCha20Poly1305(key) if chacha else aead.AESGCM(key)
        return header + cipher.encrypt(nonce, inner, header)

    def updated(self) -> "Keys":
        """The next ones."""
        name = "sha256" if self.hash == "chacha" else self.hash
        return Keys(expand(name, self.secret, b"traffic upd", len(self.secret)), self.hash)


def message(kind: int, body: bytes = b"") -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def handshake(octets: bytes) -> bytes:
    return b"\x16\x03\x03" + pack(">H", len(octets)) + octets


def extension(kind: int, body: bytes = b"") -> bytes:
    return pack(">HH", kind, len(body)) + body


def extensions(*each: bytes) -> bytes:
    body = b"".join(each)
    return pack(">H", len(body)) + body


ALPN = extension(16, b"\x00\x03\x02h2")
CODES = {"sha256": 0x1301, "sha384": 0x1302, "chacha": 0x1303}


def client_hello(*more: bytes) -> bytes:
    suites = b"".join(pack(">H", code) for code in CODES.values())
    body = b"\x03\x03" + RANDOM + b"\x00" + pack(">H", len(suites)) + suites + b"\x01\x00"
    return handshake(message(1, body + extensions(ALPN, *more)))


def server_hello(name: str, random: bytes = bytes(32)) -> bytes:
    body = b"\x03\x03" + random + b"\x00" + pack(">H", CODES[name]) + b"\x00"
    return handshake(message(2, body + extensions(extension(43, b"\x03\x04"))))


LABELS = {
    "early": "CLIENT_EARLY_TRAFFIC_SECRET",
    "c hs": "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "s hs": "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "c ap": "CLIENT_TRAFFIC_SECRET_0",
    "s ap": "SERVER_TRAFFIC_SECRET_0",
}


def secret(short: str, name: str) -> bytes:
    size = 48 if name == "sha384" else 32
    return hashlib.shake_128(short.encode()).digest(size)


def key_log(name: str, leave_out: tuple[str, ...] = ()) -> str:
    return "".join(
        f"{label} {RANDOM.hex()} {secret(short, name).hex()}\n"
        for short, label in LABELS.items()
        if short not in leave_out
    )


def keys_of(name: str) -> dict[str, Keys]:
    return {short: Keys(secret(short, name), name) for short in LABELS}


def opened(
    path: Path, talk: Talk, name: str, leave_out: tuple[str, ...] = ()
) -> tuple[Imported, list[Row]]:
    log = path.with_name("log")
    log.write_text(key_log(name, leave_out))
    [imported], _ = read(path, pcap(talk.packets()), Options(log, keep_data=True))
    return imported, rows(imported.trace)


def shaken(name: str, keys: dict[str, Keys], *more: bytes, certificates: int = 3000) -> Talk:
    """A handshake, its encrypted messages in several records."""
    talk = Talk().open().say(CLIENT, client_hello(*more))
    flight = (
        message(8, extensions(ALPN)) + message(11, bytes(certificates)) + message(20, bytes(32))
    )
    talk.say(SERVER, server_hello(name) + b"\x14\x03\x03\x00\x01\x01")
    for start in range(0, len(flight), 900):
        talk.say(SERVER, keys["s hs"].protect(22, flight[start : start + 900]))
    return talk.say(CLIENT, keys["c hs"].protect(22, message(20, bytes(32))))


@pytest.mark.parametrize("name", CODES)
def test_each_suite_of_tls_13_with_padding_tickets_and_key_updates(
    name: str, plain: list[Row], tmp_path: Path
) -> None:
    keys = keys_of(name)
    talk = shaken(name, keys).say(CLIENT, keys["c ap"].protect(23, wire.CLIENT_OPENING, 100))
    talk.say(SERVER, keys["s ap"].protect(22, message(4, bytes(60))))  # a ticket
    half = len(wire.SERVER_ANSWER) // 2
    talk.say(SERVER, keys["s ap"].protect(23, wire.SERVER_ANSWER[:half]))
    talk.say(SERVER, keys["s ap"].protect(22, message(24, b"\x01")))
    talk.say(SERVER, keys["s ap"].updated().protect(23, wire.SERVER_ANSWER[half:]))
    talk.say(CLIENT, keys["c ap"].protect(22, message(24, b"\x00")))
    talk.say(CLIENT, keys["c ap"].updated().protect(23, frame(4, 1, 0))).close()
    imported, found = opened(tmp_path / "x", talk, name)

    assert plain == found
    assert imported.complete


def early_talk(accepted: bool) -> Talk:
    """The client's opening as early data; if it is not accepted, once more behind the handshake."""
    keys = keys_of("sha256")
    talk = Talk().open().say(CLIENT, client_hello(extension(42)))
    talk.say(CLIENT, keys["early"].protect(23, wire.CLIENT_OPENING))
    said = extensions(ALPN, extension(42)) if accepted else extensions(ALPN)
    talk.say(SERVER, server_hello("sha256"))
    talk.say(SERVER, keys["s hs"].protect(22, message(8, said) + message(20, bytes(32))))
    talk.say(SERVER, keys["s ap"].protect(23, wire.SERVER_ANSWER))
    if accepted:
        talk.say(CLIENT, keys["early"].protect(22, message(5)))
    talk.say(CLIENT, keys["c hs"].protect(22, message(20, bytes(32))))
    if not accepted:
        talk.say(CLIENT, keys["c ap"].protect(23, wire.CLIENT_OPENING))
    return talk.say(CLIENT, keys["c ap"].protect(23, frame(4, 1, 0))).close()


def test_early_data_count_if_the_server_accepted_them(plain: list[Row], tmp_path: Path) -> None:
    imported, found = opened(tmp_path / "x", early_talk(True), "sha256")

    assert plain == found
    assert imported.complete


def test_early_data_that_were_not_accepted_were_never_said(
    plain: list[Row], tmp_path: Path
) -> None:
    imported, found = opened(tmp_path / "x", early_talk(False), "sha256")

    assert sorted(plain) == sorted(found)
    assert imported.complete


def test_the_secrets_of_the_handshake_are_not_needed(plain: list[Row], tmp_path: Path) -> None:
    keys = keys_of("sha256")
    talk = shaken("sha256", keys).say(CLIENT, keys["c ap"].protect(23, wire.CLIENT_OPENING))
    talk.say(SERVER, keys["s ap"].protect(23, wire.SERVER_ANSWER))
    talk.say(CLIENT, keys["c ap"].protect(23, frame(4, 1, 0))).close()
    _, found = opened(tmp_path / "x", talk, "sha256", ("c hs", "s hs"))

    assert plain == found


def test_a_hello_that_is_asked_for_again_changes_nothing(plain: list[Row], tmp_path: Path) -> None:
    retry = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    keys = keys_of("sha256")
    talk = Talk().open().say(CLIENT, client_hello()).say(SERVER, server_hello("sha256", retry))
    again = shaken("sha256", keys)
    for side, segment in again.segments[3:]:
        talk.say(side, segment[32:])
    talk.say(CLIENT, keys["c ap"].protect(23, wire.CLIENT_OPENING))
    talk.say(SERVER, keys["s ap"].protect(23, wire.SERVER_ANSWER))
    talk.say(CLIENT, keys["c ap"].protect(23, frame(4, 1, 0))).close()
    _, found = opened(tmp_path / "x", talk, "sha256")

    assert plain == found


def _other_talks() -> Iterator[tuple[str, Talk]]:
    keys = keys_of("sha256")
    talk = shaken("sha256", keys).say(CLIENT, keys["c ap"].protect(23, b"GET / HTTP/1.1\r\n\r\n"))
    talk.say(SERVER, keys["s ap"].protect(23, b"HTTP/1.1 200 OK\r\n\r\n")).close()
    yield "connections: HTTP/1.x inside TLS", talk
    web = Talk().open()
    hello = client_hello().replace(b"\x02h2", b"\x02h3")
    yield "connections: TLS whose client did not offer h2", web.say(CLIENT, hello).close()
    late = Talk().open().say(CLIENT, b"\x17\x03\x03\x00\x10" + bytes(16)).close()
    yield "connections: TLS of which the handshake is not in the capture", late


@pytest.mark.parametrize(("reason", "talk"), list(_other_talks()), ids=lambda each: str(each)[:40])
def test_other_protocols_inside_tls_are_counted(reason: str, talk: Talk, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(key_log("sha256"))
    found, account = read(tmp_path / "x", pcap(talk.packets()), Options(log))

    assert [] == found
    assert {reason: 1} == account.skipped
