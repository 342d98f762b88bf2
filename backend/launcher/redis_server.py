"""``python -m backend.launcher.redis_server PORT``: a Redis protocol server where none is installed."""

import sys

from fakeredis import TcpFakeServer


def main() -> None:
    """Serve on loopback until stopped. State is short-lived by design, so none is kept."""
    TcpFakeServer.daemon_threads = True
    TcpFakeServer(("127.0.0.1", int(sys.argv[1])), server_type="redis").serve_forever()


if __name__ == "__main__":
    main()
