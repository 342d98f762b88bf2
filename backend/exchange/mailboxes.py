"""Provinces that do not call: we look into their front-end databases, and a batch is taken once it is on record."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import structlog

from backend.casework.machine import Casework
from backend.errors import NotFound, Unavailable
from backend.exchange.breaker import guarded
from backend.exchange.inbound import receive
from backend.province_ports import ProvinceConnector, ProvinceMailbox

log = structlog.get_logger()

AT_ONCE = 50
"""Batches of one region in one look."""


async def look(work: Casework) -> int:
    """Take what waits in every mailbox; how many batches. A region that is away holds up no other."""
    taken = 0
    for region, mailbox in mailboxes(work.resources.ports.provinces).items():
        with suppress(Unavailable):
            taken += await guarded(region, partial(_empty, work, region, mailbox))
    return taken


def mailboxes(provinces: Mapping[str, ProvinceConnector]) -> Mapping[str, ProvinceMailbox]:
    """Those of the connected provinces into whose database we look."""
    return {
        region: connector for region, connector in provinces.items() if isinstance(connector, ProvinceMailbox)
    }


async def _empty(work: Casework, region: str, mailbox: ProvinceMailbox) -> int:
    batches = await mailbox.batches(AT_ONCE)
    for batch in batches:
        for event in batch.events:
            try:
                await receive(work, event)
            except NotFound:
                # Somebody else's case is in our mailbox: it is told to operators and does not stay in the way.
                log.error("province_message_unknown_case", region=region, batch=batch.number)  # noqa: TRY400 - nothing to trace
        await mailbox.taken(batch)
    return len(batches)
