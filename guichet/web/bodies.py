"""The body of a request that is refused for its size."""

from typing import Any

CHUNK = 1_000_000
# Beyond this many bytes, the sender is cut off.
MOST = 256_000_000


def read_to_end(environ: dict[str, Any]) -> None:
    """Read what the sender still sends, for nothing: a server that answers and hangs up before the end of the body makes
    the browser show « connection reset » instead of our page."""
    if not environ.get("wsgi.input_terminated"):
        # The end cannot be told from a pause; the development server, the only one in this case, does it by itself.
        return
    body, read = environ["wsgi.input"], 0
    while read < MOST and (chunk := body.read(CHUNK)):
        read += len(chunk)
