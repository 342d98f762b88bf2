"""The installation's secrets: one JSON file, read once; in development it is made on first use."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from backend.errors import BadSettings
from backend.keys.files import (
    AlipayEntry,
    DocumentKeyEntry,
    KeyFile,
    MeansCheckEntry,
    NetworkIdentityEntry,
    NoticeTemplatesEntry,
    ProvinceEntry,
    SandboxFile,
    SmsEntry,
    TokenKeyEntry,
    VideoEntry,
    complete_development_keys,
    read_file,
)
from backend.kit.pdf_signers import check_pdf_signer
from backend.kit.sealing import BlindIndex, IndexSuite, KeyRing, Suite
from backend.kit.signatures import check_sm2_pair, sign_sm2
from backend.kit.suites import CryptoSuite
from backend.kit.tokens import ED25519, SM2, TokenKey, TokenKeys
from backend.settings import Settings

log = structlog.get_logger()

ALGORITHMS = {
    CryptoSuite.INTERNATIONAL: (Suite.AES_256_GCM, IndexSuite.HMAC_SHA_256, ED25519),
    CryptoSuite.GUOMI: (Suite.SM4_GCM, IndexSuite.HMAC_SM3, SM2),
}
"""What seals, what finds, and what signs tokens, in each suite."""


@dataclass(frozen=True, slots=True)
class ProvinceKeys:
    """What we and one province know each other by (SM2 PEM texts)."""

    app_id: str
    our_private_pem: str = field(repr=False)
    their_public_pem: str
    payload: KeyRing | None = field(default=None, repr=False)
    """What seals what we say to each other (SM4-GCM), where the other side wants it sealed."""


@dataclass(frozen=True, slots=True)
class DocumentKeys:
    """What seals documents now, and what checks all that were ever sealed."""

    active: str
    entries: Mapping[str, DocumentKeyEntry] = field(repr=False)

    @property
    def sealing(self) -> DocumentKeyEntry:
        """The one that seals."""
        return self.entries[self.active]

    def sign(self, message: bytes) -> str:
        """The active key's signature over ``message``, base64."""
        private = self.sealing.sm2_private_pem
        if private is None:  # checked when the keys were read
            raise TypeError("the active document key has no private half")
        return b64encode(sign_sm2(private, message)).decode()

    def check(self) -> None:
        """Raises ``ValueError`` for a key that does not fit its certificate, or an active one without a private half."""
        sealing = self.entries.get(self.active)
        if sealing is None or sealing.pdf_private_pem is None or sealing.sm2_private_pem is None:
            raise ValueError("the active document key has no private half")
        check_pdf_signer(sealing.pdf_private_pem, sealing.pdf_chain_pem)
        check_sm2_pair(sealing.sm2_private_pem, sealing.sm2_public_pem)


@dataclass(frozen=True, slots=True)
class Keys:
    """Every secret this process may use."""

    ring: KeyRing
    blind_index: BlindIndex
    tokens: TokenKeys
    documents: DocumentKeys
    face_key: str = field(repr=False)
    wechat_app_id: str
    wechat_app_secret: str = field(repr=False)
    registry_key: str = field(repr=False)
    zhejiang: ProvinceKeys
    alipay: AlipayEntry | None = field(repr=False)
    sms: SmsEntry | None = field(repr=False)
    network_identity: NetworkIdentityEntry | None = field(repr=False)
    video: VideoEntry | None = field(repr=False)
    licences_key: str | None = field(repr=False)
    notice_templates: NoticeTemplatesEntry | None = None
    means_check: ProvinceKeys | None = None
    sharing: ProvinceKeys | None = None
    statistics: ProvinceKeys | None = None
    other_provinces: Mapping[str, ProvinceKeys] = field(default_factory=dict)
    """By the beginning of their division codes, besides Zhejiang's."""

    @property
    def provinces(self) -> Mapping[str, ProvinceKeys]:
        """What every connected region and we know each other by."""
        return {"33": self.zhejiang, **self.other_provinces}

    @property
    def digests(self) -> CryptoSuite:
        """The suite of digests that are looked up, for the life of the installation: that of the blind index."""
        guomi = self.blind_index.suite is IndexSuite.HMAC_SM3
        return CryptoSuite.GUOMI if guomi else CryptoSuite.INTERNATIONAL


def read_keys(settings: Settings) -> Keys:
    """The installation's keys. Raises ``BadSettings`` when the file is missing, broken or of another suite."""
    path = key_file(settings)
    told = read_file(path, KeyFile)
    try:
        check_sm2_pair(told.zhejiang_our_private_pem, told.zhejiang_their_public_pem)
        keys = Keys(
            ring=KeyRing(
                {name: b64decode(key, validate=True) for name, key in told.sealing_keys.items()},
                told.sealing_active,
                told.sealing_suite,
            ),
            blind_index=BlindIndex(b64decode(told.blind_index, validate=True), told.blind_index_suite),
            tokens=TokenKeys(_token_keys(told.token_keys), _Renewal(path)),
            documents=_document_keys(told),
            face_key=told.face_key,
            wechat_app_id=told.wechat_app_id,
            wechat_app_secret=told.wechat_app_secret,
            registry_key=told.registry_key,
            zhejiang=ProvinceKeys(
                told.zhejiang_app_id, told.zhejiang_our_private_pem, told.zhejiang_their_public_pem
            ),
            alipay=told.alipay,
            sms=told.sms,
            network_identity=told.network_identity,
            video=told.video,
            licences_key=told.licences_key,
            notice_templates=told.notice_templates,
            means_check=_means_keys(told.means_check),
            sharing=_means_keys(told.sharing),
            other_provinces={region: _province_keys(entry) for region, entry in told.provinces.items()},
            statistics=_means_keys(told.statistics),
        )
    except ValueError as error:
        raise BadSettings(f"The key file holds a key that cannot be used: {error}.") from None
    if not settings.development:
        _check_suite(keys, settings.crypto)
    return keys


def _province_keys(entry: ProvinceEntry) -> ProvinceKeys:
    check_sm2_pair(entry.our_private_pem, entry.their_public_pem)
    payload = None
    if entry.payload_key is not None:
        payload = KeyRing({"p1": b64decode(entry.payload_key, validate=True)}, "p1", Suite.SM4_GCM)
    return ProvinceKeys(entry.app_id, entry.our_private_pem, entry.their_public_pem, payload)


def _means_keys(entry: MeansCheckEntry | None) -> ProvinceKeys | None:
    if entry is None:
        return None
    check_sm2_pair(entry.our_private_pem, entry.their_public_pem)
    return ProvinceKeys(entry.app_id, entry.our_private_pem, entry.their_public_pem)


def _document_keys(told: KeyFile) -> DocumentKeys:
    keys = DocumentKeys(told.document_key_active, told.document_keys)
    keys.check()
    return keys


def read_sandbox_keys(settings: Settings) -> SandboxFile:
    """What the sandbox servers, playing the other side, know; development only."""
    complete_development_keys(settings)
    return read_file(settings.data / "sandbox-keys.json", SandboxFile)


SandboxKeys = SandboxFile


def key_file(settings: Settings) -> Path:
    """Where the keys are; in development they are made first where they are missing."""
    return settings.secrets or complete_development_keys(settings)


class _Renewal:
    """Reads the token keys again when the file was written since; a file that is not right changes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._written()

    def __call__(self) -> Mapping[str, TokenKey] | None:
        written = self._written()
        if written in {self._seen, 0}:
            return None
        self._seen = written
        try:
            keys = _token_keys(read_file(self._path, KeyFile).token_keys)
            TokenKeys(keys)
        except (BadSettings, ValueError):
            log.exception("token_keys_not_renewed")
            return None
        log.info("token_keys_renewed", kids=sorted(keys))
        return keys

    def _written(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0


def _token_keys(entries: Mapping[str, TokenKeyEntry]) -> Mapping[str, TokenKey]:
    return {kid: TokenKey.read(told.algorithm, told.pem, told.signs_from) for kid, told in entries.items()}


def _check_suite(keys: Keys, suite: CryptoSuite) -> None:
    """Production names its suite, and everything new is made with it."""
    sealing, index, signing = ALGORITHMS[suite]
    found = (
        keys.ring.suite,
        keys.blind_index.suite,
        keys.tokens.keys[keys.tokens.active].algorithm,
    )
    if found != (sealing, index, signing):
        wanted = ", ".join(map(str, (sealing, index, signing)))
        raise BadSettings(
            f"JINMIN_CRYPTO={suite} wants {wanted}; the key file has {', '.join(map(str, found))}."
        )
