"""TLS secrets from NSS key logs: inside the capture, from a file, from SSLKEYLOGFILE.

In this order, for a capture's own secrets belong to it. A file is read when the first secret is
asked for. Lines that are no secrets are passed over, as in every reader of the format.
"""

import os
from binascii import Error, unhexlify
from pathlib import Path
from typing import Final

from h2proof.oracle.importers.imported import CannotRead

Name = tuple[str, bytes]

_KEYLOG_OCTETS_MAX: Final = 64 << 20


class KeyLogs:
    """All secrets that are known so far, by label and client random."""

    __slots__ = ("_file", "_others", "_own")

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._own: dict[Name, bytes] = {}
        """Those that the capture itself carries."""
        self._others: dict[Name, bytes] | None = None
        """Those of the files, once they were read."""

    def add(self, log: bytes) -> None:
        """Take in a key log that the capture carries."""
        _collect(log, self._own)

    def secret(self, label: str, client_random: bytes) -> bytes | None:
        """The secret of a connection, or None."""
        found = self._own.get((label, client_random))
        if found is not None:
            return found
        if self._others is None:
            self._others = self._read()
        return self._others.get((label, client_random))

    def _read(self) -> dict[Name, bytes]:
        secrets: dict[Name, bytes] = {}
        if self._file is not None:
            _collect(_content(self._file), secrets)
        environment = os.environ.get("SSLKEYLOGFILE")
        if environment and Path(environment).is_file():
            _collect(_content(Path(environment)), secrets)
        return secrets


def _collect(log: bytes, secrets: dict[Name, bytes]) -> None:
    for line in log.splitlines():
        words = line.split()
        if len(words) != 3 or line.startswith(b"#"):
            continue
        try:
            random, secret = unhexlify(words[1]), unhexlify(words[2])
        except Error:
            continue
        secrets.setdefault((words[0].decode("ascii", "replace"), random), secret)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as log:
            content = log.read(_KEYLOG_OCTETS_MAX + 1)
    except OSError as error:
        raise CannotRead(f"{file}: the key log cannot be opened: {error.strerror}") from None
    if len(content) > _KEYLOG_OCTETS_MAX:
        raise CannotRead(f"{file}: a key log of more than {_KEYLOG_OCTETS_MAX} octets")
    return content
