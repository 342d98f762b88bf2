"""The installation's secrets: one JSON file, read once; in development it is made on first use."""

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from backend.errors import BadSettings
from backend.kit.sealing import BlindIndex, KeyRing, Suite
from backend.kit.signatures import check_sm2_pair, generate_sm2
from backend.kit.tokens import TokenKeys, generate_token_key
from backend.settings import Settings


@dataclass(frozen=True, slots=True)
class ProvinceKeys:
    """What we and one province know each other by (SM2 PEM texts)."""

    app_id: str
    our_private_pem: str = field(repr=False)
    their_public_pem: str


@dataclass(frozen=True, slots=True)
class Keys:
    """Every secret this process may use."""

    ring: KeyRing
    blind_index: BlindIndex
    tokens: TokenKeys
    face_key: str = field(repr=False)
    wechat_app_id: str
    wechat_app_secret: str = field(repr=False)
    registry_key: str = field(repr=False)
    zhejiang: ProvinceKeys


@dataclass(frozen=True, slots=True)
class SandboxKeys:
    """What the sandbox servers, playing the other side, know."""

    wechat_app_id: str
    wechat_app_secret: str = field(repr=False)
    registry_key: str = field(repr=False)
    zhejiang_app_id: str
    zhejiang_private_pem: str = field(repr=False)
    jinmin_public_pem: str


class _Model(BaseModel):
    """A file whose unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


M = TypeVar("M", bound=_Model)


class _KeyFile(_Model):
    """The shape of the file; keys are base64 or PEM text."""

    sealing_suite: Suite
    sealing_active: str
    sealing_keys: dict[str, str]
    blind_index: str
    token_active: str
    token_keys: dict[str, str]
    face_key: str
    wechat_app_id: str
    wechat_app_secret: str
    registry_key: str
    zhejiang_app_id: str
    zhejiang_our_private_pem: str
    zhejiang_their_public_pem: str


class _SandboxFile(_Model):
    wechat_app_id: str
    wechat_app_secret: str
    registry_key: str
    zhejiang_app_id: str
    zhejiang_private_pem: str
    jinmin_public_pem: str


def read_keys(settings: Settings) -> Keys:
    """The installation's keys. Raises ``BadSettings`` when the file is missing or broken."""
    told = _read(settings.secrets or _ensure_development_keys(settings), _KeyFile)
    try:
        check_sm2_pair(told.zhejiang_our_private_pem, told.zhejiang_their_public_pem)
        return Keys(
            ring=KeyRing(
                {name: b64decode(key, validate=True) for name, key in told.sealing_keys.items()},
                told.sealing_active,
                told.sealing_suite,
            ),
            blind_index=BlindIndex(b64decode(told.blind_index, validate=True)),
            tokens=TokenKeys.read(told.token_keys, told.token_active),
            face_key=told.face_key,
            wechat_app_id=told.wechat_app_id,
            wechat_app_secret=told.wechat_app_secret,
            registry_key=told.registry_key,
            zhejiang=ProvinceKeys(
                told.zhejiang_app_id, told.zhejiang_our_private_pem, told.zhejiang_their_public_pem
            ),
        )
    except ValueError as error:
        raise BadSettings(f"The key file holds a key that cannot be used: {error}.") from None


def read_sandbox_keys(settings: Settings) -> SandboxKeys:
    """The other side's keys, development only. Raises ``BadSettings``."""
    _ensure_development_keys(settings)
    return SandboxKeys(**_read(_theirs(settings), _SandboxFile).model_dump())


def _theirs(settings: Settings) -> Path:
    return settings.data / "sandbox-keys.json"


def _read(path: Path, shape: type[M]) -> M:
    try:
        return shape.model_validate_json(path.read_bytes())
    except OSError:
        raise BadSettings(f"The key file {path} cannot be read.") from None
    except ValidationError as error:
        fields = ", ".join(".".join(str(part) for part in problem["loc"]) for problem in error.errors())
        raise BadSettings(f"The key file {path} is not right: {fields}.") from None


def _ensure_development_keys(settings: Settings) -> Path:
    """Both files of a development installation, made once even when several processes start together."""
    ours, theirs = settings.data / "keys.json", _theirs(settings)
    if ours.exists():
        return ours
    if not settings.development:
        raise BadSettings("production needs JINMIN_SECRETS")
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / "keys.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not ours.exists():
            made, their_side = _development_keys()
            # Ours last: whoever sees it finds theirs beside it.
            _write_whole(theirs, their_side.model_dump_json(indent=2))
            _write_whole(ours, made.model_dump_json(indent=2))
    return ours


def _development_keys() -> tuple[_KeyFile, _SandboxFile]:
    our_private, our_public = generate_sm2()
    their_private, their_public = generate_sm2()
    known_to_both = {
        "wechat_app_id": "wx" + secrets.token_hex(8),
        "wechat_app_secret": secrets.token_hex(16),
        "registry_key": secrets.token_urlsafe(24),
        "zhejiang_app_id": "jinmin-dev",
    }
    made = _KeyFile(
        **known_to_both,
        sealing_suite=Suite.AES_256_GCM,
        sealing_active="k1",
        sealing_keys={"k1": b64encode(secrets.token_bytes(32)).decode()},
        blind_index=b64encode(secrets.token_bytes(32)).decode(),
        token_active="t1",  # noqa: S106 - the name of a key
        token_keys={"t1": generate_token_key()},
        face_key=secrets.token_urlsafe(32),
        zhejiang_our_private_pem=our_private,
        zhejiang_their_public_pem=their_public,
    )
    return made, _SandboxFile(
        **known_to_both, zhejiang_private_pem=their_private, jinmin_public_pem=our_public
    )


def _write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
