"""One settings object, read once from ``JINMIN_*``; a bad or unknown value stops the start."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from backend.errors import BadSettings
from backend.kit.suites import CryptoSuite

PREFIX = "JINMIN_"


class Environment(StrEnum):
    """Where this process runs."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class FaceChallengeKind(StrEnum):
    """What a citizen is asked to show: one selfie, or turns of the head in random order."""

    SELFIE = "selfie"
    ACTIVE = "active"


class Settings(BaseModel):
    """Everything that differs between two installations. Secrets live in a file, see ``secrets``."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    env: Environment = Environment.DEVELOPMENT
    data: Path = Field(default=Path("var"), description="Folder for everything this installation keeps.")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1024, le=65000)
    public_url: str = Field(default="", description="How the world reaches us; printed into QR codes.")

    allowed_origins: str = Field(
        default="",
        pattern=r"^(https?://[a-z0-9.:\[\]-]+(,https?://[a-z0-9.:\[\]-]+)*)?$",
        description="Origins of H5 pages on other hosts, with commas; in development every page may ask.",
    )

    trusted_proxies: str = Field(
        default="127.0.0.1", description="Addresses whose X-Forwarded-For is believed, with commas."
    )
    drain_seconds: float = Field(
        default=0.0, ge=0, le=120, description="From SIGTERM until the API stops listening; in production 5."
    )
    cost_per_viewer: int = Field(
        default=60_000, ge=100, description="Cost that one person may ask for per minute."
    )
    cost_per_client: int = Field(default=6_000_000, ge=100, description="Cost per minute of one front end.")
    cost_per_address: int = Field(default=600_000, ge=100, description="Cost per minute of one address.")

    database_url: str = Field(default="", description="postgres://…; empty starts the embedded one.")
    database_pool: int = Field(
        default=10, ge=2, le=200, description="Connections of one process; half of them read."
    )
    redis_url: str = Field(default="", description="redis://…; empty starts an embedded one.")
    secrets: Path | None = Field(default=None, description="JSON file of keys; made under data/ if unset.")

    crypto: CryptoSuite = Field(
        default=CryptoSuite.INTERNATIONAL, description="Suite of new keys; in production also checked."
    )

    face_url: str = ""
    face_workers: int = Field(default=1, ge=1, le=64)
    face_challenge: FaceChallengeKind = FaceChallengeKind.SELFIE

    wechat_url: str = ""
    alipay_url: str = Field(default="", description="The gateway; empty in production: not connected.")
    sms_url: str = Field(default="", description="The SMS gateway; empty in production: no sign-in by SMS.")
    network_identity_url: str = Field(
        default="", description="国家网络身份认证; empty in production: not connected."
    )
    video_url: str = Field(default="", description="The video server; empty in production: no video tickets.")
    registry_url: str = ""
    licences_url: str = Field(
        default="", description="The e-licence store; empty in production: not connected."
    )
    means_check_url: str = Field(
        default="", description="家庭经济状况核对; empty in production: not connected."
    )
    sharing_url: str = Field(default="", description="数据共享; empty in production: not connected.")
    statistics_url: str = Field(default="", description="民政统计系统; empty in production: not connected.")
    zhejiang_url: str = ""
    province_urls: str = Field(
        default="",
        description="Addresses of other regions: `31=https://…,3702=postgresql://…`, a platform or a front-end database.",
    )

    compiled_operations: bool = Field(default=True, description="Run operations as compiled Python.")
    compared_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of queries that graphql-core answers, too, to compare; a difference is an alarm.",
    )

    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator(
        "public_url",
        "face_url",
        "wechat_url",
        "alipay_url",
        "sms_url",
        "network_identity_url",
        "video_url",
        "registry_url",
        "licences_url",
        "means_check_url",
        "sharing_url",
        "statistics_url",
        "zhejiang_url",
    )
    @classmethod
    def _web_address(cls, url: str) -> str:
        return _address(url, ("http", "https"))

    @field_validator("province_urls")
    @classmethod
    def _province_addresses(cls, told: str) -> str:
        regions = [region for region, _ in _named_addresses(told)]
        if len(set(regions)) != len(regions):
            raise ValueError("province_urls names a region twice")
        return told

    @field_validator("redis_url")
    @classmethod
    def _redis_address(cls, url: str) -> str:
        return _address(url, ("redis", "rediss", "unix"))

    @model_validator(mode="after")
    def _fill_and_check(self) -> Self:
        if self.env is Environment.PRODUCTION:
            self._refuse_development_defaults()
            if "drain_seconds" not in self.model_fields_set:
                object.__setattr__(self, "drain_seconds", 5.0)
        defaults = {
            "public_url": f"http://{self.host}:{self.port}",
            "face_url": f"http://127.0.0.1:{self.port + 1}",
            "wechat_url": f"http://127.0.0.1:{self.port + 2}/wechat",
            "registry_url": f"http://127.0.0.1:{self.port + 2}/registry",
            "zhejiang_url": f"http://127.0.0.1:{self.port + 3}/33",
        }
        if self.development:
            defaults |= {
                "alipay_url": f"http://127.0.0.1:{self.port + 2}/alipay/gateway.do",
                "sms_url": f"http://127.0.0.1:{self.port + 2}/sms",
                "network_identity_url": f"http://127.0.0.1:{self.port + 2}/network-identity",
                "video_url": f"http://127.0.0.1:{self.port + 2}/video",
                "licences_url": f"http://127.0.0.1:{self.port + 2}/licences",
                "means_check_url": f"http://127.0.0.1:{self.port + 2}/means-check",
                "sharing_url": f"http://127.0.0.1:{self.port + 2}/sharing",
                "statistics_url": f"http://127.0.0.1:{self.port + 2}/statistics",
            }
        for name, value in defaults.items():
            if not getattr(self, name):
                object.__setattr__(self, name, value)
        return self

    def _refuse_development_defaults(self) -> None:
        """Production asks for everything by name: a default here would be a guess."""
        missing = [
            f"{PREFIX}{name.upper()}"
            for name in (
                "public_url",
                "database_url",
                "redis_url",
                "secrets",
                "face_url",
                "wechat_url",
                "registry_url",
                "zhejiang_url",
            )
            if not getattr(self, name)
        ]
        if missing:
            raise ValueError(f"production needs {', '.join(missing)}")
        if self.face_challenge is FaceChallengeKind.SELFIE:
            raise ValueError(
                "a plain selfie proves too little for production: set JINMIN_FACE_CHALLENGE=active"
            )

    @property
    def development(self) -> bool:
        """Whether demo data, GraphiQL and embedded servers are allowed."""
        return self.env is Environment.DEVELOPMENT

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins whose pages may ask; ``*`` is every page."""
        given = tuple(origin for origin in self.allowed_origins.split(",") if origin)
        return given or (("*",) if self.development else ())

    @property
    def province_addresses(self) -> dict[str, str]:
        """Where each connected region is reached, by the beginning of its division codes."""
        return {**dict(_named_addresses(self.province_urls)), "33": self.zhejiang_url}

    @property
    def redis_port(self) -> int:
        """Port of the embedded Redis; every process of an instance sits right above its API port."""
        return self.port + 4


def _address(url: str, schemes: tuple[str, ...]) -> str:
    """``url`` without a slash at its end, so that paths can follow. Raises ``ValueError``, which quotes nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("this is not an address") from None
    if url and (parts.scheme not in schemes or not (parts.netloc or parts.path) or parts.fragment):
        raise ValueError(f"an address here begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return url.rstrip("/")


def _named_addresses(told: str) -> list[tuple[str, str]]:
    """``region=address`` by commas. Raises ``ValueError``, which quotes nothing."""
    found = []
    for one in filter(None, (part.strip() for part in told.split(","))):
        region, _, address = one.partition("=")
        if not (region.isascii() and region.isdigit() and len(region) in {2, 4}) or not address:
            raise ValueError("province_urls is a list of region=address, e.g. 31=https://…")
        try:
            found.append((region, _address(address, ("http", "https", "postgres", "postgresql"))))
        except ValueError:
            raise ValueError("province_urls names an address that is none") from None
    return found


def read_settings(environ: dict[str, str] | None = None) -> Settings:
    """Read ``JINMIN_*``; one that is empty counts as unset. Raises ``BadSettings`` with a sentence per problem."""
    environ = dict(os.environ) if environ is None else environ
    given = {
        key.removeprefix(PREFIX).lower(): value for key, value in environ.items() if key.startswith(PREFIX)
    }
    unknown = sorted(set(given) - set(Settings.model_fields))
    if unknown:
        names = ", ".join(f"{PREFIX}{name.upper()}" for name in unknown)
        raise BadSettings(f"Unknown settings: {names}. Known: see docs/operations.md.")
    try:
        return Settings.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        sentences = [
            (f"{PREFIX}{problem['loc'][0]}: ".upper() if problem["loc"] else "")
            + problem["msg"].removeprefix("Value error, ").removesuffix(".")
            + "."
            for problem in error.errors()
        ]
        raise BadSettings(" ".join(sentences)) from None
