"""Bringing the database to today's shape: once, however many processes ask at the same time."""

import asyncpg
import structlog
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from tortoise import Tortoise
from tortoise.migrations.api import migrate as apply_migrations

from backend.database.config import DatabaseUrl, tortoise_config

log = structlog.get_logger()

LOCK = 0x4A494E4D
"""Key of the advisory lock that lets one process migrate while others wait."""


async def migrate(url: str) -> None:
    """Apply every migration and install or upgrade the job queue. Safe to run again."""
    connection = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        try:
            await apply_migrations(config=tortoise_config(url))
        finally:
            await Tortoise.close_connections()
        queries = Queries(AsyncpgDriver(connection))
        if not await queries.schema_is_installed():
            await queries.install()
        await queries.upgrade()
        log.info("database_migrated")
    finally:
        await connection.close()
