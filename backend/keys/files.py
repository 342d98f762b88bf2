"""The shapes of the key files, and making those of a development installation."""

import fcntl
import json
import os
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from backend.errors import BadSettings
from backend.kit import clock
from backend.kit.pdf_signers import make_test_signer
from backend.kit.sealing import IndexSuite, Suite
from backend.kit.signatures import generate_sm2
from backend.kit.suites import CryptoSuite
from backend.kit.tokens import ED25519, generate_token_key
from backend.settings import Settings

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class _Model(BaseModel):
    """A file whose unknown fields are mistakes, and whose secrets no repr shows."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


M = TypeVar("M", bound=_Model)


class TokenKeyEntry(_Model):
    """A token key: ``EdDSA`` or ``SM2SM3``, PEM text (PKCS 8), and from when on it signs."""

    algorithm: str
    pem: str
    signs_from: AwareDatetime


class AlipayEntry(_Model):
    """One Alipay application (RSA2: PEM texts of 2048 bits)."""

    app_id: str
    our_private_pem: str
    their_public_pem: str


class SmsEntry(_Model):
    """An account at the SMS gateway, and what was registered there."""

    secret_id: str
    secret_key: str
    app_id: str
    sign_name: str
    code_template: str


class NoticeTemplatesEntry(_Model):
    """Ids of the message templates that were registered with each platform, by purpose."""

    wechat_progress: str
    wechat_action: str
    alipay_progress: str
    alipay_action: str
    sms_progress: str
    sms_action: str


class NetworkIdentityEntry(_Model):
    """Our access to the national network identity service (SM2 PEM texts)."""

    organ: str
    app_id: str
    app_name: str
    our_private_pem: str
    their_public_pem: str


class MeansCheckEntry(_Model):
    """Our access to a centre for checking household means (SM2 PEM texts)."""

    app_id: str
    our_private_pem: str
    their_public_pem: str


class ProvinceEntry(_Model):
    """Our access to a region's own application (SM2 PEM texts); 32 bytes in base64 where payloads are sealed."""

    app_id: str
    our_private_pem: str
    their_public_pem: str
    payload_key: str | None = None


class StatisticsEntry(MeansCheckEntry):
    """Our access to the civil-affairs statistics system (SM2 PEM texts)."""


class VideoEntry(_Model):
    """An API key of the video server."""

    api_key: str
    api_secret: str


class DocumentKeyEntry(_Model):
    """What seals documents: a certificate chain (signer first) and an SM2 key.

    One that no longer seals keeps its public half, so that what it sealed can be checked for ever.
    """

    pdf_chain_pem: str
    sm2_public_pem: str
    pdf_private_pem: str | None = None
    sm2_private_pem: str | None = None


class KeyFile(_Model):
    """Ours. What belongs to a system that is not connected is left out."""

    sealing_suite: Suite
    sealing_active: str
    sealing_keys: dict[str, str]
    blind_index: str
    blind_index_suite: IndexSuite = IndexSuite.HMAC_SHA_256
    token_keys: dict[str, TokenKeyEntry]
    document_keys: dict[str, DocumentKeyEntry]
    document_key_active: str
    face_key: str
    wechat_app_id: str
    wechat_app_secret: str
    registry_key: str
    zhejiang_app_id: str
    zhejiang_our_private_pem: str
    zhejiang_their_public_pem: str
    alipay: AlipayEntry | None = None
    sms: SmsEntry | None = None
    network_identity: NetworkIdentityEntry | None = None
    video: VideoEntry | None = None
    licences_key: str | None = None
    notice_templates: NoticeTemplatesEntry | None = None
    means_check: MeansCheckEntry | None = None
    provinces: dict[str, ProvinceEntry] = {}
    sharing: MeansCheckEntry | None = None
    statistics: StatisticsEntry | None = None


class AlipaySandboxEntry(_Model):
    """The same application, seen from Alipay."""

    app_id: str
    private_pem: str
    app_public_pem: str


class NetworkIdentitySandboxEntry(_Model):
    """The same access, seen from the national service."""

    organ: str
    app_id: str
    private_pem: str
    app_public_pem: str


class MeansCheckSandboxEntry(_Model):
    """The same access, seen from the centre."""

    app_id: str
    private_pem: str
    app_public_pem: str


class SandboxFile(_Model):
    """What the sandbox servers, playing the other side, know."""

    wechat_app_id: str
    wechat_app_secret: str
    registry_key: str
    zhejiang_app_id: str
    zhejiang_private_pem: str
    jinmin_public_pem: str
    alipay: AlipaySandboxEntry
    sms: SmsEntry
    network_identity: NetworkIdentitySandboxEntry
    video: VideoEntry
    licences_key: str
    notice_templates: NoticeTemplatesEntry
    means_check: MeansCheckSandboxEntry
    sharing: MeansCheckSandboxEntry
    statistics: MeansCheckSandboxEntry


def read_file(path: Path, shape: type[M]) -> M:
    """A key file. Raises ``BadSettings`` naming what is wrong, never what it holds."""
    try:
        return shape.model_validate_json(path.read_bytes())
    except OSError:
        raise BadSettings(f"The key file {path} cannot be read.") from None
    except ValidationError as error:
        fields = ", ".join(".".join(str(part) for part in problem["loc"]) for problem in error.errors())
        raise BadSettings(f"The key file {path} is not right: {fields}.") from None


def write_file(path: Path, content: dict[str, Any]) -> None:
    """Replace a key file whole: whoever reads sees the old one or the new one. Only its owner may read it."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")
    draft.replace(path)


@contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """One process at a time changes a key file."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- a development installation -------------------------------------------------------------------

Made = dict[str, Any]


def complete_development_keys(settings: Settings) -> Path:
    """Make whatever either side's file lacks, once even when several processes start together; our file.

    Files of an older version are completed: what a new version brings is made, what was there stays.
    """
    ours, theirs = settings.data / "keys.json", settings.data / "sandbox-keys.json"
    if not settings.development:
        raise BadSettings("production needs JINMIN_SECRETS")
    settings.data.mkdir(parents=True, exist_ok=True)
    with alone_with(ours):
        held, held_by_them = _held(ours), _held(theirs)
        before = len(held), len(held_by_them)
        for names, their_names, make in _SECTIONS:
            if names <= held.keys() and their_names <= held_by_them.keys():
                continue
            made, made_for_them = make(settings.crypto)
            held.update(made)
            held_by_them.update(made_for_them)
        if (len(held), len(held_by_them)) != before:
            write_file(theirs, held_by_them)
            write_file(ours, held)
    return ours


def _held(path: Path) -> Made:
    if not path.exists():
        return {}
    held: Made = json.loads(path.read_bytes())
    if "token_active" in held:  # as the first version wrote it
        active = held.pop("token_active")
        held["token_keys"] = {active: _token_entry(ED25519, held["token_keys"][active])}
    return held


def _token_entry(algorithm: str, pem: str) -> Made:
    return {"algorithm": algorithm, "pem": pem, "signs_from": LONG_AGO.isoformat()}


def _own(suite: CryptoSuite) -> tuple[Made, Made]:
    guomi = suite is CryptoSuite.GUOMI
    return {
        "sealing_suite": Suite.SM4_GCM if guomi else Suite.AES_256_GCM,
        "sealing_active": "k1",
        "sealing_keys": {"k1": b64encode(secrets.token_bytes(32)).decode()},
        "blind_index": b64encode(secrets.token_bytes(32)).decode(),
        "blind_index_suite": IndexSuite.HMAC_SM3 if guomi else IndexSuite.HMAC_SHA_256,
        "token_keys": {"t1": _token_entry(*generate_token_key(suite))},
        "face_key": secrets.token_urlsafe(32),
    }, {}


def _national(_suite: CryptoSuite) -> tuple[Made, Made]:
    shared = {
        "wechat_app_id": "wx" + secrets.token_hex(8),
        "wechat_app_secret": secrets.token_hex(16),
        "registry_key": secrets.token_urlsafe(24),
    }
    return shared, shared


def _zhejiang(_suite: CryptoSuite) -> tuple[Made, Made]:
    our_private, our_public = generate_sm2()
    their_private, their_public = generate_sm2()
    app_id = "jinmin-dev"
    return {
        "zhejiang_app_id": app_id,
        "zhejiang_our_private_pem": our_private,
        "zhejiang_their_public_pem": their_public,
    }, {"zhejiang_app_id": app_id, "zhejiang_private_pem": their_private, "jinmin_public_pem": our_public}


def _alipay(_suite: CryptoSuite) -> tuple[Made, Made]:
    (our_private, our_public), (their_private, their_public) = _rsa(), _rsa()
    app_id = f"2021{secrets.randbelow(10**12):012d}"
    return {"alipay": {"app_id": app_id, "our_private_pem": our_private, "their_public_pem": their_public}}, {
        "alipay": {"app_id": app_id, "private_pem": their_private, "app_public_pem": our_public}
    }


def _sms(_suite: CryptoSuite) -> tuple[Made, Made]:
    account = {
        "sms": {
            "secret_id": "AKID" + secrets.token_hex(16),
            "secret_key": secrets.token_hex(16),
            "app_id": "1400000000",
            "sign_name": "金民",
            "code_template": "1000001",
        }
    }
    return account, account


def _network_identity(_suite: CryptoSuite) -> tuple[Made, Made]:
    our_private, our_public = generate_sm2()
    their_private, their_public = generate_sm2()
    access = {"organ": "00000000", "app_id": "0001"}
    return {
        "network_identity": {
            **access,
            "app_name": "金民",
            "our_private_pem": our_private,
            "their_public_pem": their_public,
        }
    }, {"network_identity": {**access, "private_pem": their_private, "app_public_pem": our_public}}


def _video(_suite: CryptoSuite) -> tuple[Made, Made]:
    key = {
        "video": {"api_key": "API" + secrets.token_hex(6), "api_secret": secrets.token_urlsafe(32)},
    }
    return key, key


def _licences(_suite: CryptoSuite) -> tuple[Made, Made]:
    shared = {"licences_key": secrets.token_urlsafe(24)}
    return shared, shared


def _notice_templates(_suite: CryptoSuite) -> tuple[Made, Made]:
    made = {
        "notice_templates": {
            **{f"wechat_{purpose}": secrets.token_urlsafe(32) for purpose in ("progress", "action")},
            **{f"alipay_{purpose}": secrets.token_hex(16) for purpose in ("progress", "action")},
            "sms_progress": "1000002",
            "sms_action": "1000003",
        }
    }
    return made, made


def _means_check(_suite: CryptoSuite) -> tuple[Made, Made]:
    return _access("means_check", "jinmin-means")


def _sharing(_suite: CryptoSuite) -> tuple[Made, Made]:
    return _access("sharing", "jinmin-sharing")


def _statistics(_suite: CryptoSuite) -> tuple[Made, Made]:
    return _access("statistics", "jinmin-statistics")


def _access(name: str, app_id: str) -> tuple[Made, Made]:
    """What we and a system on the signed wire know each other by."""
    our_private, our_public = generate_sm2()
    their_private, their_public = generate_sm2()
    return {
        name: {
            "app_id": app_id,
            "our_private_pem": our_private,
            "their_public_pem": their_public,
        }
    }, {name: {"app_id": app_id, "private_pem": their_private, "app_public_pem": our_public}}


def _documents(_suite: CryptoSuite) -> tuple[Made, Made]:
    pdf_private, pdf_chain = make_test_signer("金民电子签章（测试）", now=clock.now())
    sm2_private, sm2_public = generate_sm2()
    return {
        "document_keys": {
            "d1": {
                "pdf_chain_pem": pdf_chain,
                "sm2_public_pem": sm2_public,
                "pdf_private_pem": pdf_private,
                "sm2_private_pem": sm2_private,
            }
        },
        "document_key_active": "d1",
    }, {}


def _rsa() -> tuple[str, str]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )


_SECTIONS: tuple[tuple[set[str], set[str], Callable[[CryptoSuite], tuple[Made, Made]]], ...] = (
    ({"sealing_keys", "token_keys", "face_key"}, set(), _own),
    ({"wechat_app_id", "registry_key"}, {"wechat_app_id", "registry_key"}, _national),
    ({"zhejiang_app_id"}, {"zhejiang_app_id"}, _zhejiang),
    ({"alipay"}, {"alipay"}, _alipay),
    ({"sms"}, {"sms"}, _sms),
    ({"network_identity"}, {"network_identity"}, _network_identity),
    ({"video"}, {"video"}, _video),
    ({"licences_key"}, {"licences_key"}, _licences),
    ({"notice_templates"}, {"notice_templates"}, _notice_templates),
    ({"means_check"}, {"means_check"}, _means_check),
    ({"sharing"}, {"sharing"}, _sharing),
    ({"statistics"}, {"statistics"}, _statistics),
    ({"document_keys", "document_key_active"}, set(), _documents),
)
"""What both sides hold together: names in our file, names in theirs, and how both are made."""
