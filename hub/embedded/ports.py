"""Which port a part listens on: the usual one, or the next that nobody uses."""

import random
import socket

TRIES = 200
QUIET = range(20_000, 32_000)  # below the ports of outgoing connections


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Say whether a server could listen on ``host:port`` now; what only lingers from a closed one does not count."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)  # binding alone succeeds beside a listener that also reuses the address
        except OSError:
            return False
    return True


def free_port(usual: int, host: str = "127.0.0.1") -> int:
    """Return ``usual``, or the first free port after it.

    The usual ports lie below 32768, where no outgoing connection of the machine can take one between two starts.
    Raises ``OSError`` when ``TRIES`` ports in a row are taken.
    """
    for port in range(usual, usual + TRIES):
        if is_free(port, host):
            return port
    message = f"No port from {usual} to {usual + TRIES - 1} is free on {host}."
    raise OSError(message)


def quiet_port() -> int:
    """Return a free port chosen by chance, for tests: many of their servers start at the same time."""
    return free_port(random.choice(QUIET))  # noqa: S311  no secret
