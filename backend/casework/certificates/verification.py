"""Checking a sealed document with nothing but the file and the published keys: no database, no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

import orjson

from backend.casework.certificates.published import FORMAT, PublishedKeys
from backend.casework.certificates.sealing import DATA, SIGNATURE
from backend.errors import Text
from backend.kit.pdf_signatures import attachments_of, verify_pdf
from backend.kit.signatures import sm3_hex, verify_sm2


class Flaw(StrEnum):
    """Why a file is not a document of ours, or does not count any more."""

    NOT_SEALED = "NOT_SEALED"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    DATA_FORGED = "DATA_FORGED"
    PAGE_ALTERED = "PAGE_ALTERED"
    SEAL_BROKEN = "SEAL_BROKEN"
    NOT_WHOLE = "NOT_WHOLE"
    NOT_TRUSTED = "NOT_TRUSTED"
    EXPIRED = "EXPIRED"


SENTENCES: Mapping[Flaw, Text] = {
    Flaw.NOT_SEALED: Text("文件没有本系统的签章。", "The file has no seal of this system."),
    Flaw.UNKNOWN_KEY: Text("签章密钥不在公布之列。", "Its key is not among the published ones."),
    Flaw.DATA_FORGED: Text("数据的SM2签名不成立。", "The SM2 signature does not fit the data."),
    Flaw.PAGE_ALTERED: Text("版面内容与签名数据不符。", "The page is not the one that was signed."),
    Flaw.SEAL_BROKEN: Text("PDF签章后内容被改动。", "The file was changed after it was sealed."),
    Flaw.NOT_WHOLE: Text("签章之后文件被追加内容。", "Something was added after the seal."),
    Flaw.NOT_TRUSTED: Text("签章证书不可信。", "The certificate of the seal is not trusted."),
    Flaw.EXPIRED: Text("文件已过有效期。", "The document has expired."),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found; genuine and in date where there are no flaws. Whether it was revoked only we can say."""

    flaws: Sequence[Flaw]
    told: Mapping[str, Any] | None
    """The signed data, where their signature holds."""


def verify_document(pdf: bytes, published: PublishedKeys, *, today: date) -> Verdict:
    """Check a file from anywhere; never raises for what is in it."""
    attached = attachments_of(pdf)
    data, signature = attached.get(DATA), attached.get(SIGNATURE)
    told = _read(data)
    if data is None or signature is None or told is None:
        return Verdict((Flaw.NOT_SEALED,), None)
    key = published.keys.get(str(told.get("key")))
    if key is None:
        return Verdict((Flaw.UNKNOWN_KEY,), None)
    if not verify_sm2(key.sm2, data, signature):
        return Verdict((Flaw.DATA_FORGED,), None)
    flaws = [] if _same_page(pdf, told["page"]) else [Flaw.PAGE_ALTERED]
    seal = verify_pdf(pdf, [key.pdf])
    if seal is None:
        flaws.append(Flaw.NOT_SEALED)
    else:
        flaws += [
            flaw
            for well, flaw in (
                (seal.intact, Flaw.SEAL_BROKEN),
                (seal.whole, Flaw.NOT_WHOLE),
                (seal.trusted or not seal.intact, Flaw.NOT_TRUSTED),
            )
            if not well
        ]
    ends = told.get("expiresOn")
    if ends is not None and date.fromisoformat(ends) < today:
        flaws.append(Flaw.EXPIRED)
    return Verdict(tuple(flaws), told)


def _read(data: bytes | None) -> Mapping[str, Any] | None:
    try:
        told = orjson.loads(data or b"")
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) and told.get("format") == FORMAT else None


def _same_page(pdf: bytes, page: Mapping[str, Any]) -> bool:
    printed = pdf[: page["bytes"]]
    return (sha256(printed).hexdigest(), sm3_hex(printed)) == (page["sha256"], page["sm3"])
