"""The evidence of a case as one file, and its examination by anybody: offline, with published keys only.

The file is JSON, sealed (SM2 with SM3) over its canonical form: keys in order, no spaces, without ``seal``.
Of each hop it has the signed lines, so both signatures can be checked without the content, which is personal;
the last line of a side is the digest of its body. An answer's body (the receipt) is in the file. The request's is
only where it was exported by right, and is then checked against its digest, too.
"""

from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.casework.machine import Casework
from backend.database import audit
from backend.database.record import Row, fetch, fetch_one, transaction
from backend.errors import BadSettings, NotFound, Text
from backend.exchange.evidence import hop_context, key_id
from backend.kit import clock
from backend.kit.sealing import KeyRing
from backend.kit.signatures import SUITE, canonical, sm3_hex, verify_sm2_text

FORMAT = "jinmin-evidence/1"
KEYS_FORMAT = "jinmin-exchange-keys/1"
KEYS_AT = "/.well-known/jinmin-exchange-keys.json"
LARGEST_FILE = 64 * 1024 * 1024

NO_SUCH_CASE = Text("没有这个办件的交换记录。", "There is no such case, or nothing of it was exchanged.")

_Word = Annotated[str, Field(max_length=4000)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Side(_Model):
    """What one side signed."""

    lines: Annotated[list[_Word], Field(min_length=2, max_length=10)]
    suite: _Word
    signature: _Word
    key: _Word


class FiledHop(_Model):
    """One hop as it stands in the file."""

    number: int
    way: _Word
    what: _Word
    region: _Word
    at: _Word
    outcome: _Word
    status: int | None
    message: _Word
    request: Side
    answer: Side | None
    receipt: str | None
    """The answer's body, base64."""
    content: str | None
    """The request's body, base64; only by right."""


class FiledKey(_Model):
    """A public key, whose it is."""

    owner: _Word
    pem: _Word


class Seal(_Model):
    """Who made the file."""

    key: _Word
    suite: _Word
    signature: _Word


class EvidenceFile(_Model):
    """The whole file."""

    format: _Word
    case: _Word
    made_at: _Word
    hops: list[FiledHop]
    keys: Mapping[str, FiledKey]
    seal: Seal


class PublishedExchangeKeys(BaseModel):
    """What ``KEYS_AT`` answers: the keys of hops, and the keys that seal files."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: str
    keys: Mapping[str, FiledKey]
    seals: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something in a file that is not right."""

    where: str
    """``file``, or e.g. ``hop 2, answer``."""
    what: Text


_NOT_A_FILE = Text("不是证据文件，或格式不完整。", "This is not an evidence file, or not a whole one.")
_SEAL_UNKNOWN = Text("封签所用密钥未公布。", "The key of the seal is not among the published ones.")
_SEAL_WRONG = Text("文件在生成后被改动。", "The file was altered after it was made.")
_KEY_UNKNOWN = Text("签名所用密钥未公布。", "The key of the signature is not among the published ones.")
_SIGNATURE = Text("签名与所签内容不符。", "The signature does not fit what was signed.")
_RECEIPT = Text("回执内容与其摘要不符。", "The receipt does not fit its digest.")
_CONTENT = Text("报文内容与其摘要不符。", "The content does not fit its digest.")
_OTHER_REQUEST = Text("应答不是对这次请求的应答。", "The answer belongs to another request.")
_OTHER_BODY = Text("回执所指的不是这份报文。", "The receipt is for another message than this one.")


async def published_keys(seals: Mapping[str, str]) -> PublishedExchangeKeys:
    """All keys that ever signed a hop, and ``seals``: ids and public keys (PEM) that seal files."""
    rows = await fetch("SELECT key_id, owner, pem FROM exchange_key ORDER BY key_id")
    keys = {row["key_id"]: FiledKey(owner=row["owner"], pem=row["pem"]) for row in rows}
    return PublishedExchangeKeys(format=KEYS_FORMAT, keys=keys, seals=seals)


def seal_keys(work: Casework) -> Mapping[str, str]:
    """The document keys, which seal evidence as well."""
    return {name: entry.sm2_public_pem for name, entry in work.resources.keys.documents.entries.items()}


def read_keys_file(path: Path) -> PublishedExchangeKeys:
    """Published keys from a file. Raises ``BadSettings``."""
    try:
        return PublishedExchangeKeys.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise BadSettings(f"{path} does not hold published exchange keys.") from None


async def export(work: Casework, case_number: str, *, actor: str, with_content: bool = False) -> bytes:
    """The evidence of a case as a sealed file; noted in the case's audit trail. Raises ``NotFound``.

    ``with_content`` is for those who have a right to what was said: courts, the organ itself.
    """
    case = await fetch_one("SELECT id FROM application WHERE case_number = $1", case_number)
    rows = (
        []
        if case is None
        else await fetch(
            "SELECT id, way, what, region, at, outcome, status, message_id, request, answer, content_sealed"
            " FROM exchange_hop WHERE application_id = $1 ORDER BY id",
            case["id"],
        )
    )
    if case is None or not rows:
        raise NotFound(NO_SUCH_CASE)
    ring = work.resources.keys.ring
    hops = [_filed(row, number, ring, with_content=with_content) for number, row in enumerate(rows, start=1)]
    used = {side["key"] for hop in hops for side in (hop["request"], hop["answer"]) if side}
    known = (await published_keys({})).keys
    async with transaction() as tx:
        await audit.append(
            tx,
            subject=f"application:{case['id']}",
            kind="evidence_exported",
            actor=actor,
            detail={"hops": len(hops), "content": with_content},
        )
    told = {
        "format": FORMAT,
        "case": case_number,
        "made_at": clock.now().isoformat(),
        "hops": hops,
        "keys": {key: known[key].model_dump() for key in sorted(used) if key in known},
    }
    documents = work.resources.keys.documents
    signature = documents.sign(_to_be_sealed(told))
    told["seal"] = {"key": documents.active, "suite": SUITE, "signature": signature}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def _filed(row: Row, number: int, ring: KeyRing, *, with_content: bool) -> dict[str, Any]:
    kept = orjson.loads(ring.open(row["content_sealed"], context=hop_context(row["id"])))
    incoming = row["way"] == "IN"
    return {
        "number": number,
        "way": row["way"],
        "what": row["what"],
        "region": row["region"],
        "at": row["at"].isoformat(),
        "outcome": row["outcome"],
        "status": row["status"],
        "message": str(row["message_id"]),
        "request": orjson.loads(row["request"]),
        "answer": orjson.loads(row["answer"]) if row["answer"] else None,
        "receipt": None if incoming or not row["answer"] else kept["received"],
        "content": kept["sent"] if with_content else None,
    }


def _to_be_sealed(told: Mapping[str, object]) -> bytes:
    return canonical({k: v for k, v in told.items() if k != "seal"})


def examine(raw: bytes, published: PublishedExchangeKeys) -> tuple[EvidenceFile | None, Sequence[Flaw]]:
    """What the file says, and everything in it that is not right."""
    if len(raw) > LARGEST_FILE:
        return None, [Flaw("file", _NOT_A_FILE)]
    try:
        told = orjson.loads(raw)
        file = EvidenceFile.model_validate(told)
    except (ValueError, ValidationError):
        return None, [Flaw("file", _NOT_A_FILE)]
    return file, list(_flaws(file, told, published))


def _flaws(
    file: EvidenceFile, told: Mapping[str, object], published: PublishedExchangeKeys
) -> Iterator[Flaw]:
    if file.format != FORMAT:
        yield Flaw("file", _NOT_A_FILE)
    pem = published.seals.get(file.seal.key)
    if pem is None:
        yield Flaw("file", _SEAL_UNKNOWN)
    elif not verify_sm2_text(pem, _to_be_sealed(told), file.seal.signature):
        yield Flaw("file", _SEAL_WRONG)
    for hop in file.hops:
        yield from _flaws_of_hop(hop, published)


def _flaws_of_hop(hop: FiledHop, published: PublishedExchangeKeys) -> Iterator[Flaw]:
    where = f"hop {hop.number}"
    for name, side in (("request", hop.request), ("answer", hop.answer)):
        if side is None or (name == "answer" and hop.outcome == "NOT_THEIRS"):
            continue  # an answer that was not theirs proves nothing, and says so
        key = published.keys.get(side.key)
        if key is None or key_id(key.pem) != side.key:
            yield Flaw(f"{where}, {name}", _KEY_UNKNOWN)
        elif side.suite != SUITE or not verify_sm2_text(
            key.pem, "\n".join(side.lines).encode(), side.signature
        ):
            yield Flaw(f"{where}, {name}", _SIGNATURE)
    if hop.content is not None and _digest(hop.content) != hop.request.lines[-1]:
        yield Flaw(f"{where}, content", _CONTENT)
    if hop.answer is None or hop.outcome == "NOT_THEIRS":
        return
    if hop.receipt is not None and _digest(hop.receipt) != hop.answer.lines[-1]:
        yield Flaw(f"{where}, receipt", _RECEIPT)
    if hop.answer.lines[-2] != hop.request.lines[-2]:
        yield Flaw(f"{where}, answer", _OTHER_REQUEST)
    named = _named_digest(hop.receipt)
    if named is not None and named != hop.request.lines[-1]:
        yield Flaw(f"{where}, receipt", _OTHER_BODY)


def _digest(content: str) -> str | None:
    try:
        return sm3_hex(b64decode(content, validate=True))
    except (BadBase64, ValueError):
        return None


def _named_digest(receipt: str | None) -> str | None:
    """The digest of the message that a receipt says it is for, where it says so."""
    try:
        told = orjson.loads(b64decode(receipt or "", validate=True))
        named = told["receipt"]["bodySm3"]
    except (BadBase64, ValueError, KeyError, TypeError):
        return None
    return named if isinstance(named, str) else None
