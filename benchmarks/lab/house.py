"""``python -m benchmarks.lab.house``: the API with as many items as the benchmarks want, otherwise as in production."""

import uvloop

from backend.app import serve
from backend.casework.catalogue.standards import Standards
from backend.domains import standards
from backend.logs import configure_logging
from backend.settings import read_settings
from benchmarks.lab.filling import ITEMS
from benchmarks.lab.items import many


def main() -> None:
    """Serve."""
    settings = read_settings()
    configure_logging("serve", settings.log_level)
    uvloop.run(serve(settings, Standards.of(many(tuple(standards().by_code.values()), ITEMS))))


if __name__ == "__main__":
    main()
