"""Logs: one JSON object a line, with the request id that also follows into tasks.

Whatever a line says, addresses of mail and the secrets of links are masked in it.
"""

import logging
import re
from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.add_logger_name,
]

# Links that open something for whoever holds them.
_SECRET_PATH = re.compile(
    r"(/(?:checkout/(?:return|cancel|retry|here)|orders/track|account/confirm-email"
    r"|account/password/reset/key|account/unlock|sell/join|pay|back|gift-cards)/)[^/\s\"'\\?#]+"
)
# What commerce.kernel.tokens makes, wherever a line names an order or a gift card by it; ids of
# requests are as long and have no capitals. Its beginning is enough to tell lines apart.
_KEY = re.compile(
    r"(?<![\w-])((?:gift-)?)(?=[\w-]{0,31}[A-Z])([\w-]{4})[\w-]{28}(?![\w-])", re.ASCII
)
# Strangers choose how long a line is: each stretch of letters is looked at once, from its
# beginning, or an address of 64 kB would keep a worker busy for many seconds.
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]++@(?=[\w-]+\.\w)", re.ASCII)


def mask(line: str) -> str:
    """Hide what a reader of logs has no business with."""
    line = _KEY.sub(r"\1\2***", _SECRET_PATH.sub(r"\1***", line))
    return _EMAIL.sub("***@", line)


def _masked(_: Any, __: str, line: str) -> str:
    return mask(line)


class Lines(structlog.stdlib.ProcessorFormatter):
    """Writes what structlog has put together without copying the record, as no other writes it."""

    def format(self, record: logging.LogRecord) -> str:
        if not hasattr(record, "_logger") or record.exc_info or record.stack_info:
            return super().format(record)
        put_together: Any = record
        said = put_together.msg.copy()
        for process in self.processors[1:]:  # the first takes away what is not put in here
            said = process(put_together._logger, put_together._name, said)
        return str(said)


def configure(*, level: str, plain: bool = False) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING; `plain` prints for human eyes."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=False)
        if plain
        else structlog.processors.JSONRenderer()
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": Lines,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                    _masked,
                ],
                "foreign_pre_chain": [*SHARED, structlog.processors.format_exc_info],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": level, "propagate": False},
            # Says again what the request's own line says.
            "django.request": {"level": "CRITICAL"},
            "PIL": {"level": "INFO"},
            "stripe": {"level": "WARNING"},  # two lines for every call
        },
    }
