"""Loopback ports: finding one, and asking whether one is taken."""

import secrets
import socket

from guichet.embedded.errors import EmbeddedError

HOST = "127.0.0.1"
# Below the range the kernel takes from for outgoing connections: a client that knocks while the server is down could
# otherwise be given the server's own port, and talk to itself.
PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port that nobody listens on. Raises EmbeddedError when none is found."""
    for _ in range(100):
        port = secrets.choice(PORTS)
        if is_free(port):
            return port
    raise EmbeddedError("Aucun port libre sur cette machine.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As a server will: a port whose old connections are fading is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
