"""The public half of the document keys, as anybody may fetch and keep it."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from backend.errors import BadSettings
from backend.keys import DocumentKeys

FORMAT = "jinmin-document/1"
PUBLISHED_AT = "/.well-known/jinmin-document-keys.json"


class PublishedKey(BaseModel):
    """The public half of one document key."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    pdf: str
    """Certificate chain, signer first, PEM."""
    sm2: str
    """SubjectPublicKeyInfo, PEM."""


class PublishedKeys(BaseModel):
    """What ``PUBLISHED_AT`` answers."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: str
    keys: Mapping[str, PublishedKey]


def publish(keys: DocumentKeys) -> PublishedKeys:
    """The public half of every document key."""
    return PublishedKeys(
        format=FORMAT,
        keys={
            name: PublishedKey(pdf=entry.pdf_chain_pem, sm2=entry.sm2_public_pem)
            for name, entry in keys.entries.items()
        },
    )


def read_published(path: Path) -> PublishedKeys:
    """The keys in a file that was fetched from ``PUBLISHED_AT``. Raises ``BadSettings``."""
    try:
        return PublishedKeys.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise BadSettings(f"{path} does not hold published document keys.") from None
