"""Where the files lie that front ends may send: in the source tree, or inside an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "documents"

ROOT = _PACKAGE.parent
"""The source tree; in an installed wheel, the folder of all packages."""

DOCUMENTS = _INSTALLED if _INSTALLED.is_dir() else ROOT / "graphql"
"""Our own operation documents. A wheel carries them in here: beside it, ``graphql`` is graphql-core."""
