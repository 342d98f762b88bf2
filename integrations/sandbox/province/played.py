"""Which provinces one server process plays, and how each is known on the wire."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from backend.keys import SandboxKeys


@dataclass(frozen=True, slots=True)
class Access:
    """What a platform and Jinmin know each other by (SM2 PEM texts)."""

    app_id: str
    private_pem: str = field(repr=False)
    jinmin_public_pem: str


@dataclass(frozen=True, slots=True)
class Played:
    """A province with its own application (自建应用+接口调用) that a server plays."""

    region: str
    """What its division codes begin with; its numbers do, too."""
    name: str
    short: str
    """In the numbers of its decisions: 浙民决字…号."""
    access: Access


def zhejiang_access(keys: SandboxKeys) -> Access:
    """Zhejiang's."""
    return Access(keys.zhejiang_app_id, keys.zhejiang_private_pem, keys.jinmin_public_pem)


def zhejiang_played(keys: SandboxKeys) -> Played:
    """Zhejiang."""
    return Played("33", "浙江省", "浙", zhejiang_access(keys))


def all_played(keys: SandboxKeys) -> Sequence[Played]:
    """Every province that ``python -m integrations.sandbox provinces`` plays: one line for each."""
    return (zhejiang_played(keys),)
