"""What an ordinary event loop offers of the real world, and virtual time refuses.

Written out, one a line: a handler that reaches for the outside is told so by name, instead of
meeting a `NotImplementedError` from the depths of asyncio.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, NoReturn


class NoOutside(RuntimeError):
    """Something of the real world was asked for in virtual time."""


def _refuse(name: str) -> Callable[..., NoReturn]:
    def refused(*args: object, **kwargs: object) -> NoReturn:
        raise NoOutside(
            f"{name} was called, but a run in virtual time has no sockets, threads, processes or "
            "signals; give the handler a stand-in that awaits asyncio only"
        )

    refused.__name__ = refused.__qualname__ = name
    return refused


class Sealed(asyncio.AbstractEventLoop):
    """An event loop without an outside."""

    run_in_executor: Any = _refuse("run_in_executor")
    set_default_executor: Any = _refuse("set_default_executor")
    getaddrinfo: Any = _refuse("getaddrinfo")
    getnameinfo: Any = _refuse("getnameinfo")
    create_connection: Any = _refuse("create_connection")
    create_server: Any = _refuse("create_server")
    create_unix_connection: Any = _refuse("create_unix_connection")
    create_unix_server: Any = _refuse("create_unix_server")
    create_datagram_endpoint: Any = _refuse("create_datagram_endpoint")
    connect_accepted_socket: Any = _refuse("connect_accepted_socket")
    start_tls: Any = _refuse("start_tls")
    sendfile: Any = _refuse("sendfile")
    sock_sendfile: Any = _refuse("sock_sendfile")
    sock_recv: Any = _refuse("sock_recv")
    sock_recv_into: Any = _refuse("sock_recv_into")
    sock_recvfrom: Any = _refuse("sock_recvfrom")
    sock_recvfrom_into: Any = _refuse("sock_recvfrom_into")
    sock_sendall: Any = _refuse("sock_sendall")
    sock_sendto: Any = _refuse("sock_sendto")
    sock_connect: Any = _refuse("sock_connect")
    sock_accept: Any = _refuse("sock_accept")
    add_reader: Any = _refuse("add_reader")
    remove_reader: Any = _refuse("remove_reader")
    add_writer: Any = _refuse("add_writer")
    remove_writer: Any = _refuse("remove_writer")
    connect_read_pipe: Any = _refuse("connect_read_pipe")
    connect_write_pipe: Any = _refuse("connect_write_pipe")
    subprocess_shell: Any = _refuse("subprocess_shell")
    subprocess_exec: Any = _refuse("subprocess_exec")
    add_signal_handler: Any = _refuse("add_signal_handler")
    remove_signal_handler: Any = _refuse("remove_signal_handler")


OUTSIDE: Final = tuple(name for name in vars(Sealed) if not name.startswith("_"))
"""The names of all that is refused."""
