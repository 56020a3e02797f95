"""RFC 9113 §5.1 as two pictures: what an endpoint does with a frame, and what it may send.

Where the text leaves a choice, this is our endpoint's choice; what other endpoints may do is the
judge's matter. Three kinds of events ask no picture: PRIORITY and unknown types are taken in every
state, SETTINGS, PING and GOAWAY belong to stream 0, and a CONTINUATION shares the fate of the block
that it continues.

Two things are not seen here, because they do not depend on the state. A client's stream leaves
idle by HEADERS and a server's by PUSH_PROMISE, each sent by the stream's initiator (§5.1.1);
`Streams.receive` and `Streams.send` hold every other exit to be an unexpected identifier. And only
servers promise (`push`), only clients send PRIORITY_UPDATE (`extensions`).
"""

from typing import Final

from h2proof.sim.streams.states import Row, grid

# .  taken in    -  ignored    >s  to state s    S:code  stream error    C:code  connection error
# HEADERS stands for the complete field block, PROMISE_ON for PUSH_PROMISE on its associated stream
# and PROMISE_OF for the one it promises; _ES has END_STREAM.
RECEIVE: Final[dict[str, Row]] = grid(
    """
    .               idle    res-l   res-r   open    half-l  half-r  ended   r-sent  r-recv  skipped
    HEADERS         >open   C:PE    >half-l .       .       S:SC    C:SC    -       C:SC    C:PE
    HEADERS_ES      >half-r C:PE    >ended  >half-r >ended  S:SC    C:SC    -       C:SC    C:PE
    DATA            C:PE    C:PE    C:PE    .       .       S:SC    S:SC    -       S:SC    C:PE
    DATA_ES         C:PE    C:PE    C:PE    >half-r >ended  S:SC    S:SC    -       S:SC    C:PE
    RST_STREAM      C:PE    >r-recv >r-recv >r-recv >r-recv >r-recv -       -       -       -
    WINDOW_UPDATE   C:PE    .       C:PE    .       .       .       -       -       -       -
    PROMISE_ON      C:PE    C:PE    C:PE    .       .       C:PE    C:PE    .       C:PE    C:PE    6.6-15
    PROMISE_OF      >res-r  C:PE    C:PE    C:PE    C:PE    C:PE    C:PE    C:PE    C:PE    C:PE    6.6-17
    PRIORITY_UPDATE .       .       C:PE    .       -       .       -       -       -       -
    C               5.1-04  5.1-08  5.1-10  -       -       -       5.1-19  -       5.1-19  5.1.1-05
    S               -       -       -       -       -       5.1-16  6.1-08  -       6.1-08  -
    """
)

# x  prohibited; the rest as above
SEND: Final[dict[str, Row]] = grid(
    """
    .               idle    res-l   res-r   open    half-l  half-r  ended   r-sent  r-recv  skipped
    HEADERS         >open   >half-r x       .       x       .       x       x       x       x
    HEADERS_ES      >half-l >ended  x       >half-l x       >ended  x       x       x       x
    DATA            x       x       x       .       x       .       x       x       x       x       6.1-06
    DATA_ES         x       x       x       >half-l x       >ended  x       x       x       x       6.1-06
    RST_STREAM      x       >r-sent >r-sent >r-sent >r-sent >r-sent x       x       x       x
    WINDOW_UPDATE   x       x       .       .       .       .       x       x       x       x
    PROMISE_ON      x       x       x       .       x       .       x       x       x       x       6.6-12
    PROMISE_OF      >res-l  x       x       x       x       x       x       x       x       x       6.6-14
    PRIORITY_UPDATE .       x       .       .       .       .       .       .       .       .
    x               5.1-04  5.1-06  5.1-09  -       5.1-13  -       5.1-18  5.1-18  6.4-02  5.1-18
    """
)
