"""This project's own endpoints."""

from h2proof.properties.stacks.stack import Stack
from h2proof.sim.connection import Connection
from h2proof.sim.respond import responder

OUR_RESPONDER = Stack(
    "ours",
    "the smallest complete server on a Connection: responder()",
    "server",
    responder,
    answers=True,
)
OUR_SERVER = Stack(
    "ours-server", "a bare server-side Connection", "server", lambda: Connection("server")
)
OUR_CLIENT = Stack(
    "ours-client", "a bare client-side Connection", "client", lambda: Connection("client")
)
