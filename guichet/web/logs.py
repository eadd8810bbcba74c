"""Structured logs, one JSON object a line: what was asked and how it ended, never who typed what."""

import logging
import sys
import time
import uuid

import structlog
from flask import Flask, Response, g, request


def configure() -> None:
    """Set the format for the whole process, ours and the libraries' alike."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger("guichet")
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    root.propagate = False


def init_app(app: Flask) -> None:
    configure()
    log = structlog.get_logger("guichet.request")

    @app.before_request
    def start() -> None:
        g.request_started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=uuid.uuid4().hex[:12])

    @app.after_request
    def finish(response: Response) -> Response:
        # The rule, not the address: an address may hold what a person typed.
        rule = request.url_rule.rule if request.url_rule else "-"
        spent = round((time.perf_counter() - g.get("request_started", time.perf_counter())) * 1000, 1)
        log.info("request", method=request.method, rule=rule, status=response.status_code, ms=spent)
        return response
