"""One instance of the face service."""

import sys
from urllib.parse import urlsplit

import uvicorn

from backend.errors import BadSettings
from backend.keys import read_keys
from backend.logs import configure_logging
from backend.settings import read_settings
from integrations.faces.server import create_face_app
from integrations.faces.supervisor import Supervisor
from integrations.faces.worker import forget_quickly


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    try:
        settings = read_settings()
        keys = read_keys(settings)
    except BadSettings as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    configure_logging("faces", settings.log_level)
    forget_quickly()  # questions pass through this process too
    address = urlsplit(settings.face_url)
    app = create_face_app(Supervisor(settings.face_workers, settings.data / "face-engine"), keys.face_key)
    uvicorn.run(
        app,
        host=address.hostname or "127.0.0.1",
        port=address.port or 80,
        loop="asyncio",  # uvloop reads into one buffer of its own and leaves the last picture there
        log_config=None,
        access_log=False,
        server_header=False,
    )
    return 0
