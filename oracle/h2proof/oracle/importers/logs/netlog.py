"""The importer of Chromium's NetLogs.

The browser notes what its HTTP/2 session sent and received, above the framing: field sections
without their octets, data in the pieces that it was given, neither padding nor flags. A setting is
noted by itself, behind the frame it came in.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from h2proof.oracle.importers.imported import Account, CannotRead, Imported, Options
from h2proof.oracle.importers.logs.telling import (
    SETTING,
    TWO_U32,
    U32,
    FieldLines,
    Telling,
    told_by,
)
from h2proof.oracle.importers.source import Source
from h2proof.sim.trace import ConnectionInfo, Sender

_PREFIX: Final = "HTTP2_SESSION_"
_SETTING: Final = re.compile(r"\[id:(\d+) \([^)]*\) value:(\d+)\]")
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1

_UNTOLD: Final = (
    "a NetLog does not tell how frames were cut: neither the lengths of field blocks, nor padding, "
    "priorities and CONTINUATION, and data only in the pieces that were handed on"
)


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The HTTP/2 sessions of a NetLog, in the order in which they began."""
    events, types = _parsed(source, options)
    sessions: dict[str, _Session] = {}
    for place, event in enumerate(events):
        name = types.get(str(event.get("type")), "")
        if name.startswith("HTTP2_SESSION"):
            with told_by(account, f"event {place}"):
                _note(sessions, name, event)
    if not sessions:
        account.skip("events: no HTTP/2 session among them", len(events))
    for place, session in enumerate(sessions.values()):
        with told_by(account, "the last event"):
            session.finish()
        yield session.telling.imported(place, alpn="h2")


def _note(sessions: dict[str, "_Session"], name: str, event: dict[str, Any]) -> None:
    source, params = event.get("source"), event.get("params") or {}
    if not isinstance(source, dict) or not isinstance(params, dict):
        raise TypeError("an event without its source")
    number = str(source.get("id"))
    if name == "HTTP2_SESSION":
        if event.get("phase") != 2:
            sessions.setdefault(number, _Session(str(params.get("host", ""))))
    elif number in sessions:
        at = int(str(event.get("time", 0))) * 1_000_000
        sessions[number].event(name.removeprefix(_PREFIX), params, at)


def _parsed(source: Source, options: Options) -> tuple[list[dict[str, Any]], dict[str, str]]:
    text = source.text(options.limits.text_octets_max)
    try:
        try:
            data = json.loads(text)
        except ValueError:  # a browser that was killed leaves the list open
            data = json.loads(text.rstrip().rstrip(",") + "]}")
        numbers = data["constants"]["logEventTypes"]
        types = {str(number): str(name) for name, number in numbers.items()}
        return [event for event in data["events"] if isinstance(event, dict)], types
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CannotRead(f"{source.name}: a NetLog that cannot be read ({error!r})") from None


class _Session:
    """One HTTP/2 session of the browser, which is the client."""

    def __init__(self, host: str) -> None:
        self.telling = Telling(ConnectionInfo("", host, "tls"))
        self.telling.unknown(_UNTOLD)
        self._settings: list[bytes] | None = None
        """The settings of a received frame, which are noted one by one behind it."""
        self._after: list[tuple[str, dict[str, Any], int]] = []
        self._settings_at = 0

    def event(self, name: str, params: dict[str, Any], at: int) -> None:
        """Something that the session noted."""
        if name == "RECV_SETTINGS":
            self._close_settings()
            self._settings, self._settings_at = [], at
        elif name == "RECV_SETTING":
            if self._settings is not None:
                pair = SETTING(_number(params, "id"), _number(params, "value"))
                self._settings.append(pair)
        elif name in _EVENTS:
            if self._settings is not None and name.startswith("SEND_SETTINGS_ACK"):
                self._after.append((name, params, at))  # noted before the settings it acknowledges
                return
            self._close_settings()
            self._write(name, params, at)

    def finish(self) -> None:
        """The log is over."""
        self._close_settings()

    def _close_settings(self) -> None:
        if self._settings is not None:
            payload = b"".join(self._settings)
            self.telling.frame("server", 4, 0, 0, len(payload), payload, at=self._settings_at)
        self._settings = None
        after, self._after = self._after, []
        for name, params, at in after:
            self._write(name, params, at)

    def _write(self, name: str, params: dict[str, Any], at: int) -> None:
        sender: Sender = "client" if name.startswith("SEND") else "server"
        _EVENTS[name](self.telling, sender, params, at)


# -- what each event says --


def _number(params: dict[str, Any], *names: str) -> int:
    """A number of an event, perhaps with its name behind it; 0 where there is none."""
    words = [str(params[name]).split() for name in names if name in params]
    return int(words[0][0]) if words and words[0] else 0


def _stream(params: dict[str, Any]) -> int:
    return _number(params, "stream_id")


def _fields(params: dict[str, Any]) -> FieldLines | None:
    lines = params.get("headers")
    if not isinstance(lines, list):
        return None
    split = [re.fullmatch(r"(:?[^:]*):[ ]?(.*)", str(line), re.DOTALL) for line in lines]
    return tuple((each[1].encode(), each[2].encode()) for each in split if each)


def _code(params: dict[str, Any]) -> int:
    return _number(params, "error_code")


def _headers(telling: Telling, sender: Sender, params: dict[str, Any], at: int) -> None:
    flags = _END_HEADERS | (_END_STREAM if params.get("fin") else 0)
    stream = _stream(params)
    telling.frame(sender, 1, flags, stream, None, fields=_fields(params), unsure=("flags",), at=at)


def _data(telling: Telling, sender: Sender, params: dict[str, Any], at: int) -> None:
    flags = _END_STREAM if params.get("fin") else 0
    size = _number(params, "size")
    telling.frame(sender, 0, flags, _stream(params), size, unsure=("length", "flags"), at=at)


def _promise(telling: Telling, sender: Sender, params: dict[str, Any], at: int) -> None:
    promised = U32(_number(params, "promised_stream_id"))
    stream = _number(params, "id")
    fields = _fields(params)
    telling.frame(
        sender, 5, _END_HEADERS, stream, None, promised, fields=fields, unsure=("flags",), at=at
    )


def _settings(telling: Telling, sender: Sender, params: dict[str, Any], at: int) -> None:
    text = str(params.get("settings", ""))
    payload = b"".join(SETTING(int(one), int(two)) for one, two in _SETTING.findall(text))
    telling.frame(sender, 4, 0, 0, len(payload), payload, at=at)


def _settings_ack(telling: Telling, sender: Sender, params: dict[str, Any], at: int) -> None:
    telling.frame(sender, 4, _ACK, 0, 0, at=at)


def _window_update(telling: Telling, sender: Sender, params: dict[str, Any], at: int) -> None:
    telling.frame(sender, 8, 0, _stream(params), 4, U32(_number(params, "delta")), at=at)


def _reset(telling: Telling, sender: Sender, params: dict[str, Any], at: int) -> None:
    telling.frame(sender, 3, 0, _stream(params), 4, U32(_code(params)), at=at)


def _goaway(telling: Telling, sender: Sender, params: dict[str, Any], at: int) -> None:
    last = _number(params, "last_accepted_stream_id", "last_stream_id")
    telling.frame(sender, 7, 0, 0, None, TWO_U32(last, _code(params)), at=at)


def _ping(telling: Telling, sender: Sender, params: dict[str, Any], at: int) -> None:
    who: Sender = "client" if params.get("type") == "sent" else "server"
    payload = _number(params, "unique_id").to_bytes(8, "big")
    telling.frame(who, 6, _ACK if params.get("is_ack") else 0, 0, 8, payload, at=at)


_EVENTS: Final[dict[str, Callable[[Telling, Sender, dict[str, Any], int], None]]] = {
    "SEND_HEADERS": _headers,
    "RECV_HEADERS": _headers,
    "SEND_DATA": _data,
    "RECV_DATA": _data,
    "RECV_PUSH_PROMISE": _promise,
    "SEND_SETTINGS": _settings,
    "SEND_SETTINGS_ACK": _settings_ack,
    "RECV_SETTINGS_ACK": _settings_ack,
    "SEND_WINDOW_UPDATE": _window_update,
    "RECV_WINDOW_UPDATE": _window_update,
    "SEND_RST_STREAM": _reset,
    "RECV_RST_STREAM": _reset,
    "RECV_GOAWAY": _goaway,
    "SEND_GOAWAY": _goaway,
    "PING": _ping,
}
"""By the event's name behind `HTTP2_SESSION_`."""
