"""What a frame does to the views of both ends: to its sender's at once, to its receiver's later.

Frames are taken as if they were legal, apart from what a proven violation may not do. What can
happen to an endpoint is known by its view, what is legal by the rules.
"""

from collections.abc import Callable
from typing import Final

from h2proof.oracle.replay.sent import (
    CONTINUATION,
    DATA,
    GOAWAY,
    HEADERS,
    HOLE,
    PING,
    PRIORITY_UPDATE,
    PUSH_PROMISE,
    RIGHT,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    WRONG_ON_CONNECTION,
    Section,
    Sent,
)
from h2proof.oracle.replay.streams import (
    GOT_END,
    GOT_RESET,
    OPENED,
    RESERVED,
    SENT_END,
    SENT_RESET,
)
from h2proof.oracle.replay.view import View

_SUCCESS: Final = range(200, 300)


def named_streams(sent: Sent) -> tuple[int, ...]:
    """The streams that a frame names: in its header, and the promised or prioritized one."""
    if sent.type in (PUSH_PROMISE, PRIORITY_UPDATE):
        return sent.stream, sent.value
    return (sent.stream,)


# -- on its sender --


def send(view: View, sent: Sent) -> None:
    """The endpoint sends a frame."""
    if view.first_event < 0:
        view.first_event = sent.event
    if sent.fault is None and sent.type in _SEND:
        _SEND[sent.type](view, sent)


def _send_data(view: View, sent: Sent) -> None:
    view.credit -= sent.length
    live = view.streams.get(sent.stream)
    if live is not None:
        live.credit -= sent.length
        if sent.content < 0:
            live.announced = -1
        live.octets += sent.content
    if sent.ends_stream:
        view.stop(sent.stream, SENT_END, sent.event)


def _send_headers(view: View, sent: Sent) -> None:
    stream = sent.stream
    live = view.streams.get(stream)
    if live is None and view.client and stream & 1 and stream > view.high_mine:
        if not view.blind:
            live = view.open_own(stream, OPENED, sent.event)
    elif live is not None and not live.facts & OPENED and view.is_mine(stream):
        view.fulfil(live)
    elif live is None and not view.is_mine(stream):
        view.spoken[stream] = None
    view.block_stream = live
    if sent.ends_headers:
        _send_section(view, sent)
    else:
        view.lock = sent
    if sent.ends_stream:
        view.stop(stream, SENT_END, sent.event)


def _send_continuation(view: View, sent: Sent) -> None:
    if view.lock is None or view.lock.stream != sent.stream or not sent.ends_headers:
        return
    view.lock = None
    _send_section(view, sent)


def _send_section(view: View, sent: Sent) -> None:
    """The field block is complete."""
    view.due, section = None, sent.section
    if section is None:
        return
    if section.updates:
        view.table_size = section.updates[-1]
    live, view.block_stream = view.block_stream, None
    if section.promises:
        promised = view.streams.get(section.promised)
        if promised is not None:
            promised.method, promised.target = section.method, section.target
        return
    if not view.client:
        view.answer(sent.stream, sent.event)
    if live is None:
        return
    live.heads += 1
    if view.client and live.heads == 1:
        live.method, live.websocket = section.method, section.protocol == b"websocket"
    live.links += section.links
    if live.final:
        return
    if view.client or section.status is None or section.status >= 200:
        live.final = True
        live.announced = -1 if section.length is None else section.length
        if view.answers_without_content(live, section.status):
            live.announced = 0
        elif not view.client and live.method == b"CONNECT" and section.status in _SUCCESS:
            live.announced, live.tunnel = -1, True


def _send_rst_stream(view: View, sent: Sent) -> None:
    view.stop(sent.stream, SENT_RESET, sent.event)


def _send_settings(view: View, sent: Sent) -> None:
    if sent.is_ack:
        view.acknowledge(sent.event)
    else:
        view.set_own(sent.settings, sent.event)


def _send_push_promise(view: View, sent: Sent) -> None:
    promised = sent.value
    if not view.client and promised and not promised & 1 and promised > view.high_mine:
        view.open_own(promised, RESERVED | GOT_END, sent.event)
    view.block_stream = view.streams.get(sent.stream)
    if sent.ends_headers:
        _send_section(view, sent)
    else:
        view.lock = sent


def _send_ping(view: View, sent: Sent) -> None:
    if sent.is_ack:
        view.answer_ping(sent.opaque)


def _send_goaway(view: View, sent: Sent) -> None:
    view.go_away(sent.value, sent.code, sent.event)


def _send_window_update(view: View, sent: Sent) -> None:
    if not sent.stream:
        view.granted += sent.value
        return
    live = view.streams.get(sent.stream)
    if live is not None:
        view.grant(live, sent.value)


def _send_priority_update(view: View, sent: Sent) -> None:
    named = sent.value
    if view.client and named & 1 and named > view.high_mine:
        view.prioritized[named] = None


_SEND: Final[dict[int, Callable[[View, Sent], None]]] = {
    DATA: _send_data,
    HEADERS: _send_headers,
    RST_STREAM: _send_rst_stream,
    SETTINGS: _send_settings,
    PUSH_PROMISE: _send_push_promise,
    PING: _send_ping,
    GOAWAY: _send_goaway,
    WINDOW_UPDATE: _send_window_update,
    CONTINUATION: _send_continuation,
    PRIORITY_UPDATE: _send_priority_update,
}


# -- on its receiver --


def deliver(view: View, sent: Sent) -> None:
    """The endpoint gets a frame of its peer; a violation may not do all that the frame says."""
    if sent.wrong != RIGHT:
        _mark(view, sent)
    if sent.type == HOLE:
        if view.holed < 0:
            view.holed = sent.event
    elif sent.fault is None and sent.type in _DELIVER:
        _DELIVER[sent.type](view, sent)


def _mark(view: View, sent: Sent) -> None:
    if sent.wrong == WRONG_ON_CONNECTION:
        if view.marked < 0:
            view.marked = sent.event
        return
    for stream in named_streams(sent):
        view.mark(stream, sent.event)


def _may_change(view: View, sent: Sent) -> bool:
    """False for a violation on a stream that the receiver initiated."""
    return sent.wrong == RIGHT or not view.is_mine(sent.stream)


def _deliver_data(view: View, sent: Sent) -> None:
    view.got_data(sent.stream, sent.length)
    if sent.ends_stream and _may_change(view, sent):
        view.got_stop(sent.stream, GOT_END, sent.event)


def _deliver_headers(view: View, sent: Sent) -> None:
    if not _may_change(view, sent):
        return
    live = view.streams.get(sent.stream)
    if live is None:
        view.got_request(sent.stream, sent.event)
    elif not live.facts & OPENED and not view.is_mine(live.id):
        view.got_opening(live)
    if sent.section is not None:
        _read_section(view, sent.section, sent.stream)
    if sent.ends_stream:
        view.got_stop(sent.stream, GOT_END, sent.event)


def _deliver_continuation(view: View, sent: Sent) -> None:
    if sent.section is not None and _may_change(view, sent):
        _read_section(view, sent.section, sent.stream)


def _read_section(view: View, section: Section, stream: int) -> None:
    """What a block says about its stream, if that is still there."""
    if section.promises:
        view.got_promised_request(section.promised, section.method, section.target)
        return
    live = view.streams.get(stream)
    if live is None:
        return
    if not view.client and live.method is None and section.method is not None:
        view.got_method(live, section.method, websocket=section.protocol == b"websocket")
    elif view.client and live.method == b"CONNECT" and section.status in _SUCCESS:
        view.got_tunnel(live)


def _deliver_rst_stream(view: View, sent: Sent) -> None:
    if _may_change(view, sent):
        view.got_stop(sent.stream, GOT_RESET, sent.event)


def _deliver_settings(view: View, sent: Sent) -> None:
    if sent.is_ack:
        view.acks_got += 1
    else:
        view.got_settings(sent.settings, sent.event)


def _deliver_push_promise(view: View, sent: Sent) -> None:
    promised = sent.value
    if view.client and promised and not promised & 1:
        view.got_promise(promised, sent.event)
    if sent.section is not None:
        _read_section(view, sent.section, sent.stream)


def _deliver_ping(view: View, sent: Sent) -> None:
    if not sent.is_ack:
        view.got_ping(sent.opaque, sent.event)


def _deliver_goaway(view: View, sent: Sent) -> None:
    view.got_goaway(sent.value, sent.code, sent.event)


def _deliver_window_update(view: View, sent: Sent) -> None:
    view.got_credit(sent.stream, sent.value)


_DELIVER: Final[dict[int, Callable[[View, Sent], None]]] = {
    DATA: _deliver_data,
    HEADERS: _deliver_headers,
    RST_STREAM: _deliver_rst_stream,
    SETTINGS: _deliver_settings,
    PUSH_PROMISE: _deliver_push_promise,
    PING: _deliver_ping,
    GOAWAY: _deliver_goaway,
    WINDOW_UPDATE: _deliver_window_update,
    CONTINUATION: _deliver_continuation,
}
