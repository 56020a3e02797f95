"""What an endpoint may send in each state of a stream, as four pictures (RFC 9113 §5.1).

One picture for each kind of stream and each end of it: the client on its requests and on pushes,
the server on requests and on its pushes. A cell says `.` legal, or why not, in a word that a rule
knows. Frames that belong to stream 0 are not here: they are wrong on every stream. CONTINUATION
shares the fate of the frame that it continues, so it is not here either.
"""

from typing import Final

STATES: Final = (
    "idle",
    "res-l",
    "res-r",
    "open",
    "half-l",
    "half-r",
    "ended",
    "rst-s",
    "rst-r",
    "skipped",
)
"""`ended`: END_STREAM went both ways; `rst-s`, `rst-r`: RST_STREAM sent, received; `skipped`: never
used, below an identifier that was."""

IDLE, RESERVED_LOCAL, RESERVED_REMOTE, OPEN, HALF_LOCAL, HALF_REMOTE = range(6)
ENDED, RESET_SENT, RESET_RECEIVED, SKIPPED = range(6, 10)

EVENTS: Final = (
    "HEADERS",
    "HEADERS_ES",
    "DATA",
    "DATA_ES",
    "PRIORITY",
    "RST_STREAM",
    "WINDOW_UPDATE",
    "PROMISE_ON",
    "PROMISE_OF",
    "UNKNOWN",
    "PRIO_UPDATE",
)
"""`PROMISE_ON`: PUSH_PROMISE with this stream in its header; `PROMISE_OF`: with this one promised."""

LEGAL: Final = "."
WORDS: Final = frozenset(
    {
        LEGAL,
        "idle",  # nothing but the opening frame, or PRIORITY
        "res",  # reserved: only what a reservation allows
        "end",  # after own END_STREAM
        "rst",  # after own RST_STREAM
        "got",  # after the peer's RST_STREAM
        "late",  # closed by END_STREAM both ways: §5.1 forbids, §6.9 expects it; advice
        "low",  # skipped, or an identifier that does not rise
        "msg",  # right for the state, wrong for the message
        "who",  # not this role's frame, or not on this kind of stream
        "may",  # the RFC leaves it open: silence
    }
)

Picture = dict[tuple[str, int], str]
"""(event, state) → word; a state that this end of this kind of stream cannot be in has no cell."""


def grid(picture: str) -> Picture:
    """Read a picture; `~` is a state that cannot be. Ragged rows and unknown words are refused."""
    lines = [line.split() for line in picture.strip().splitlines()]
    states = [STATES.index(name) for name in lines[0][1:]]
    cells: Picture = {}
    for event, *words in lines[1:]:
        for state, word in zip(states, words, strict=True):
            if word not in WORDS:
                raise ValueError(f"{word!r} in row {event} is no word of a grid")
            cells[event, state] = word
    missing = set(EVENTS) - {event for event, _ in cells}
    if missing:
        raise ValueError(f"the picture lacks {sorted(missing)}")
    return cells


# fmt: off
CLIENT_ON_REQUESTS: Final = grid("""
    .              idle  open  half-l  half-r  ended  rst-s  rst-r  skipped
    HEADERS        .     msg   end     msg     end    rst    got    low
    HEADERS_ES     .     .     end     .       end    rst    got    low
    DATA           idle  .     end     .       end    rst    got    low
    DATA_ES        idle  .     end     .       end    rst    got    low
    PRIORITY       .     .     .       .       .      .      .      .
    RST_STREAM     idle  .     .       .       may    may    may    may
    WINDOW_UPDATE  idle  .     .       .       late   rst    got    low
    PROMISE_ON     who   who   who     who     who    who    who    who
    PROMISE_OF     who   who   who     who     who    who    who    who
    UNKNOWN        .     .     .       .       .      .      .      .
    PRIO_UPDATE    .     .     .       may     may    may    may    may
""")

CLIENT_ON_PUSHES: Final = grid("""
    .              idle  res-r  half-l  ended  rst-s  rst-r  skipped
    HEADERS        who   res    end     end    rst    got    low
    HEADERS_ES     who   res    end     end    rst    got    low
    DATA           idle  res    end     end    rst    got    low
    DATA_ES        idle  res    end     end    rst    got    low
    PRIORITY       .     .      .       .      .      .      .
    RST_STREAM     idle  .      .       may    may    may    may
    WINDOW_UPDATE  idle  .      .       late   rst    got    low
    PROMISE_ON     who   who    who     who    who    who    who
    PROMISE_OF     who   who    who     who    who    who    who
    UNKNOWN        .     .      .       .      .      .      .
    PRIO_UPDATE    idle  .      .       may    may    may    may
""")

SERVER_ON_REQUESTS: Final = grid("""
    .              idle  open  half-l  half-r  ended  rst-s  rst-r  skipped
    HEADERS        idle  .     end     .       end    rst    got    low
    HEADERS_ES     idle  .     end     .       end    rst    got    low
    DATA           idle  .     end     .       end    rst    got    low
    DATA_ES        idle  .     end     .       end    rst    got    low
    PRIORITY       .     .     .       .       .      .      .      .
    RST_STREAM     idle  .     .       .       may    may    may    may
    WINDOW_UPDATE  idle  .     .       .       late   rst    got    low
    PROMISE_ON     idle  .     end     .       end    rst    got    low
    PROMISE_OF     low   low   low     low     low    low    low    low
    UNKNOWN        .     .     .       .       .      .      .      .
    PRIO_UPDATE    who   who   who     who     who    who    who    who
""")

SERVER_ON_PUSHES: Final = grid("""
    .              idle  res-l  half-r  ended  rst-s  rst-r  skipped
    HEADERS        idle  .      .       end    rst    got    low
    HEADERS_ES     idle  .      .       end    rst    got    low
    DATA           idle  res    .       end    rst    got    low
    DATA_ES        idle  res    .       end    rst    got    low
    PRIORITY       .     .      .       .      .      .      .
    RST_STREAM     idle  .      .       may    may    may    may
    WINDOW_UPDATE  idle  res    .       late   rst    got    low
    PROMISE_ON     who   who    who     who    who    who    who
    PROMISE_OF     .     low    low     low    low    low    low
    UNKNOWN        .     .      .       .      .      .      .
    PRIO_UPDATE    who   who    who     who    who    who    who
""")
# fmt: on

SEND: Final = {
    ("client", "client"): CLIENT_ON_REQUESTS,
    ("client", "server"): CLIENT_ON_PUSHES,
    ("server", "client"): SERVER_ON_REQUESTS,
    ("server", "server"): SERVER_ON_PUSHES,
}
"""(who sends, who initiated the stream) → what it may send."""


def may_send(sender: str, initiator: str, state: int, event: str) -> str:
    """The word of the cell; KeyError for a state that cannot be there."""
    return SEND[sender, initiator][event, state]
