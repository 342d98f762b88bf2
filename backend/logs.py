"""One JSON line per event, from our own code and from libraries alike, and never personal data.

Code does not log what people wrote. The last processor is a second line of defence: whatever looks like
a resident ID, a mobile number or a token is replaced before it is written.
"""

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import orjson
import structlog

_PERSONAL = re.compile(
    r"(?<!\d)\d{17}[\dXx](?!\d)"  # resident ID
    r"|(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)|\+(?:852|853|886)\d{8,9}(?!\d)"  # mobile number
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]+"  # JSON web token
    r"|(?i:bearer)\s+\S+"
)
_REPLACED = "[removed]"


def remove_personal(value: Any) -> Any:
    """``value`` with everything in it that looks like personal data replaced, at any depth."""
    if isinstance(value, str):
        return _PERSONAL.sub(_REPLACED, value)
    if isinstance(value, dict):
        return {key: remove_personal(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [remove_personal(inner) for inner in value]
    return value


def _cleaned(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: remove_personal(value) for key, value in event.items()}


def configure_logging(process: str, level: str, *, for_good: bool = True) -> None:
    """Route structlog and the standard library's logging to stdout as JSON lines.

    ``for_good`` lets loggers remember it, which is quicker; a command that may be one of several in its process
    does without.
    """

    def named(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["process"] = process
        return event

    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        named,
    ]
    written: list[structlog.types.Processor] = [
        structlog.processors.ExceptionRenderer(_frames),  # type: ignore[arg-type]  # its protocol names the argument
        _cleaned,
        structlog.processors.JSONRenderer(serializer=_json),
    ]
    # Our own events go straight to the paper: every request writes one.
    structlog.configure(
        processors=[*shared, *written],
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=for_good,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *written],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Statements and their values, and addresses with their queries, belong to nobody's log.
    for chatty in ("tortoise", "asyncpg", "httpx2", "httpcore2", "asyncio", "websockets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _json(event: object, **_named: object) -> str:
    try:
        return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # half a surrogate pair, or an integer beyond 64 bits
        return json.dumps(event, default=repr)


def _frames(info: tuple[type[BaseException], BaseException, TracebackType | None]) -> list[str]:
    """Class and places of an exception; not its text, which can quote people's data."""
    kind, _, trace = info
    places = [kind.__name__]
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places
