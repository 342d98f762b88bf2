"""What this package keeps of a person, for the file of their own data and for closing."""

from collections.abc import Sequence
from uuid import UUID

import orjson

from backend.database.record import Row, Transaction, fetch
from backend.errors import Text
from backend.people.identity.models import ConsentKind
from backend.people.identity.queries import DOCUMENT, facts_of, open_name, open_number
from backend.people.privacy.looks import TOLD
from backend.people.privacy.own_data import Holding, Holds, Kept, Told
from backend.resources import Resources


async def _identity(resources: Resources, person_id: UUID) -> Told:
    person = await facts_of(person_id, resources)
    documents = await fetch(
        f"SELECT {DOCUMENT}, document.confirmed_by, document.registry_checked_at, document.ended_at"  # noqa: S608 - a constant of ours
        " FROM identity_document document WHERE person_id = $1 ORDER BY id",
        person_id,
    )
    accounts = await fetch(
        "SELECT platform, created_at, last_sign_in_at, open_id_index, open_id_sealed FROM account WHERE person_id = $1"
        " ORDER BY id",
        person_id,
    )
    proofs = await fetch(
        "SELECT level, method, proven_at, expires_at, model FROM assurance_record WHERE person_id = $1 ORDER BY id",
        person_id,
    )
    faces = await fetch("SELECT model, enrolled_at FROM face_template WHERE person_id = $1", person_id)
    failures = await fetch(
        "SELECT failures, counted_from, locked_at FROM face_standing WHERE person_id = $1", person_id
    )
    network = await fetch("SELECT created_at FROM network_id WHERE person_id = $1", person_id)
    return {
        "name": person.name,
        "documentNumber": person.resident_id,
        "documentKind": person.document_kind,
        "birthDate": person.birth_date,
        "sex": person.sex,
        "householdDivision": person.household_division,
        "documents": [
            {
                "kind": row["kind"],
                "name": open_name(resources, row),
                "number": open_number(resources, row),
                "confirmedBy": row["confirmed_by"],
                "registryCheckedAt": row["registry_checked_at"],
                "expiresOn": row["expires_on"],
                "endedAt": row["ended_at"],
            }
            for row in documents
        ],
        "accounts": [_account(resources, row) for row in accounts],
        "proofs": [dict(row) for row in proofs],
        "faceTemplate": bool(faces),
        "faceTemplates": [dict(row) for row in faces],
        "faceFailures": [dict(row) for row in failures],
        "networkIdentitySince": [row["created_at"] for row in network],
    }


def _account(resources: Resources, row: Row) -> Told:
    context = f"account.open_id:{row['open_id_index']}"
    return {
        "platform": row["platform"],
        "created_at": row["created_at"],
        "last_sign_in_at": row["last_sign_in_at"],
        "idOnPlatform": resources.keys.ring.open(row["open_id_sealed"], context=context).decode(),
    }


async def _devices(_resources: Resources, person_id: UUID) -> Sequence[Told]:
    rows = await fetch(
        "SELECT session.device_name, session.created_at, session.rotated_at, session.expires_at, session.revoked_at"
        " FROM session JOIN account ON account.id = session.account_id WHERE account.person_id = $1"
        " ORDER BY session.id",
        person_id,
    )
    return [dict(row) for row in rows]


async def _consents(_resources: Resources, person_id: UUID) -> Sequence[Told]:
    rows = await fetch(
        "SELECT kind, version, given_at, withdrawn_at, CASE WHEN guardian_id IS NULL THEN 'SELF'"
        " WHEN guardian_id = $1 THEN 'FOR_CHILD' ELSE 'BY_GUARDIAN' END AS given"
        " FROM consent WHERE person_id = $1 OR guardian_id = $1 ORDER BY id",
        person_id,
    )
    return [{**dict(row), "kind": ConsentKind(row["kind"])} for row in rows]


async def _delegations(_resources: Resources, person_id: UUID) -> Sequence[Told]:
    rows = await fetch(
        "SELECT kind, state, CASE WHEN agent_id = $1 THEN 'AGENT' ELSE 'PRINCIPAL' END AS role, items, actions,"
        " institution, valid_until, created_at, accepted_at, ended_at FROM delegation"
        " WHERE agent_id = $1 OR principal_id = $1 ORDER BY id",
        person_id,
    )
    return [
        {**dict(row), "items": orjson.loads(row["items"]), "actions": orjson.loads(row["actions"])}
        for row in rows
    ]


async def _reviews(resources: Resources, person_id: UUID) -> Sequence[Told]:
    rows = await fetch(
        "SELECT id, kind, state, division, created_at, decided_at, reason, claim_sealed FROM identity_review"
        " WHERE person_id = $1 ORDER BY id",
        person_id,
    )
    return [
        {
            "kind": row["kind"],
            "state": row["state"],
            "division": row["division"],
            "askedAt": row["created_at"],
            "decidedAt": row["decided_at"],
            "reason": row["reason"],
            "claim": None
            if row["claim_sealed"] is None
            else orjson.loads(
                resources.keys.ring.open(row["claim_sealed"], context=f"review.claim:{row['id']}")
            ),
        }
        for row in rows
    ]


async def _calls(_resources: Resources, person_id: UUID) -> Sequence[Told]:
    rows = await fetch(
        "SELECT state, created_at, slot_at, called_at, ended_at, reason FROM video_ticket WHERE person_id = $1"
        " ORDER BY id",
        person_id,
    )
    return [dict(row) for row in rows]


async def _corrections(resources: Resources, person_id: UUID) -> Sequence[Told]:
    rows = await fetch(
        "SELECT id, about, state, created_at, decided_at, outcome, told_sealed, answer_sealed FROM data_correction"
        " WHERE person_id = $1 ORDER BY id",
        person_id,
    )
    ring = resources.keys.ring
    return [
        {
            "about": row["about"],
            "state": row["state"],
            "outcome": row["outcome"],
            "askedAt": row["created_at"],
            "decidedAt": row["decided_at"],
            "told": ring.open(row["told_sealed"], context=f"data_correction.told:{row['id']}").decode(),
            "answer": None
            if row["answer_sealed"] is None
            else ring.open(row["answer_sealed"], context=f"data_correction.answer:{row['id']}").decode(),
        }
        for row in rows
    ]


async def _trail(_resources: Resources, person_id: UUID) -> Sequence[Told]:
    own = f"person:{person_id}"
    rows = await fetch("SELECT at, kind, actor FROM audit_entry WHERE subject = $1 ORDER BY sequence", own)
    return [
        {
            "at": row["at"],
            "kind": row["kind"],
            "what": TOLD[row["kind"]].zh if row["kind"] in TOLD else None,
            "by": "SELF" if row["actor"] == own else row["actor"].partition(":")[0].upper(),
        }
        for row in rows
    ]


# --- what closing takes away at once ---------------------------------------------------------------


async def _open_corrections(tx: Transaction, person_id: UUID) -> bool:
    found = await tx.fetch_one(
        "SELECT 1 FROM data_correction WHERE person_id = $1 AND state = 'OPEN' LIMIT 1", person_id
    )
    return found is not None


async def _forget_calls(tx: Transaction, person_id: UUID, accounts: Sequence[UUID]) -> None:
    await tx.execute(
        "DELETE FROM video_ticket WHERE person_id = $1 OR account_id = ANY($2)", person_id, list(accounts)
    )


async def _forget_reviews(tx: Transaction, person_id: UUID, accounts: Sequence[UUID]) -> None:
    await tx.execute(
        "DELETE FROM identity_review WHERE person_id = $1 OR account_id = ANY($2)", person_id, list(accounts)
    )


async def _forget_corrections(tx: Transaction, person_id: UUID, _accounts: Sequence[UUID]) -> None:
    await tx.execute("DELETE FROM data_correction WHERE person_id = $1", person_id)


async def _forget_devices(tx: Transaction, person_id: UUID, accounts: Sequence[UUID]) -> None:
    """What devices are called, and what was proven on them; that somebody signed in is kept by law for a while."""
    await tx.execute("DELETE FROM assurance_record WHERE person_id = $1 AND officer_id IS NULL", person_id)
    await tx.execute("DELETE FROM face_standing WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM network_id WHERE person_id = $1", person_id)
    await tx.execute(
        "UPDATE session SET device_name = '', device_index = NULL WHERE account_id = ANY($1)", list(accounts)
    )


def _any_of(statement: str) -> Holds:
    async def holds(tx: Transaction, person_id: UUID) -> bool:
        return await tx.fetch_one(statement, person_id) is not None

    return holds


HOLDINGS = (
    Holding(
        "identity",
        _identity,
        tables=(
            "person",
            "identity_document",
            "account",
            "assurance_record",
            "face_template",
            "face_standing",
            "network_id",
        ),
        kept=Kept(
            Text("身份信息", "Who you are"),
            Text(
                "仅因档案须写明申请人而保留；档案销毁时一并销毁。",
                "Kept only as long as a file has to say whose it is; destroyed with the last of them.",
            ),
            _any_of("SELECT 1 FROM application WHERE person_id = $1 LIMIT 1"),
        ),
    ),
    Holding(
        "devices",
        _devices,
        erase=_forget_devices,
        tables=("session",),
        kept=Kept(
            Text("登录记录（不含设备名称）", "That and when you were signed in, without your devices' names"),
            Text("依《网络安全法》第二十一条保存六个月。", "For six months (Cybersecurity Law, Art. 21)."),
            _any_of("SELECT 1 WHERE $1::uuid IS NOT NULL"),
        ),
    ),
    Holding(
        "consents",
        _consents,
        tables=("consent",),
        kept=Kept(
            Text("同意和撤回的记录", "What you agreed to and took back"),
            Text(
                "保存三年，以证明此前处理合法（《民法典》第一百八十八条）。",
                "For three years, to show that what was done was lawful (Civil Code, Art. 188).",
            ),
            _any_of("SELECT 1 FROM consent WHERE person_id = $1 OR guardian_id = $1 LIMIT 1"),
        ),
    ),
    Holding(
        "delegations",
        _delegations,
        tables=("delegation",),
        kept=Kept(
            Text("代办授权的记录", "Who acted for whom"),
            Text(
                "结束后保存三年（《民法典》第一百八十八条）。",
                "For three years after its end (Civil Code, Art. 188).",
            ),
            _any_of("SELECT 1 FROM delegation WHERE agent_id = $1 OR principal_id = $1 LIMIT 1"),
        ),
    ),
    Holding("identityReviews", _reviews, erase=_forget_reviews, tables=("identity_review",)),
    Holding("videoCalls", _calls, erase=_forget_calls, tables=("video_ticket",)),
    Holding(
        "corrections",
        _corrections,
        _open_corrections,
        open_matter=Text("更正申请", "a request for correction"),
        erase=_forget_corrections,
        tables=("data_correction",),
    ),
    Holding(
        "trail",
        _trail,
        tables=("audit_entry",),
        kept=Kept(
            Text("审计记录（只有编号，没有姓名）", "The audit trail: numbers only, never a name"),
            Text("供查证责任，不可更改。", "To show who answers for what; it cannot be changed."),
            _any_of("SELECT 1 WHERE $1::uuid IS NOT NULL"),
        ),
    ),
)
"""What this package keeps."""
