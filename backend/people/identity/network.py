"""National network identity (网号, 网证): voluntary, without a face, and without telling us a name.

The front end has the national app make a credential for our order; we have it verified. Somebody whose name
is bound is compared by digests. Somebody whose name is not is found by their 网号 if it was seen before, or
takes the name and number that they released in the national app, checked with the registry as any other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from backend.database import audit
from backend.database.record import Transaction, fetch_one, transaction
from backend.errors import Conflict, Invalid, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.people.identity.actions import refused
from backend.people.identity.claims import Claim, Told, read_claim
from backend.people.identity.ladder import NETWORK_IDENTITY, NOT_CONNECTED
from backend.people.identity.models import NetworkId
from backend.people.identity.persons import By, bind_account, keep_person, record_proof
from backend.people.identity.queries import facts_of
from backend.ports import NetworkIdentityHolder, RegistryAnswer, RegistryRecord
from backend.resources import Resources
from backend.viewer import Assurance, Citizen

LIFETIME = timedelta(minutes=5)
TRIES = "20/hour"
"""Per account."""
LONGEST = 4000

_KIND = "network-identity"

EXPIRED = Text("本次认证已过期或已使用，请重新开始。", "This has expired or was used. Start again.")
NOT_GOOD = Text(
    "网络身份认证未通过，请重试或选择其他方式。",
    "The network identity could not be verified. Try again, or choose another way.",
)
SOMEBODY_ELSE = Text(
    "网络身份与本账号的实名信息不是同一人。", "The network identity is not that of the person bound here."
)
RELEASE_FIRST = Text(
    "首次使用请在国家网络身份认证App中授权提供姓名和证件号码，或先完成实名认证。",
    "The first time, release name and number in the national app, or bind your real name before.",
)


@dataclass(frozen=True, slots=True)
class NetworkIdentityRequest:
    """What the national app is called with, and until when its credential may be brought."""

    id: UUID
    organ: str
    app: str
    business_number: str
    expires_at: datetime


async def request_network_identity(citizen: Citizen, resources: Resources) -> NetworkIdentityRequest:
    """Begin: an order for one credential. Raises ``Invalid`` where the service is not connected, ``TooMany``."""
    service = resources.ports.network_identity
    if service is None:
        raise Invalid(NOT_CONNECTED)
    await resources.shared.limit(TRIES, _KIND, str(citizen.account_id))
    order, until = uuid4().hex, clock.now() + LIFETIME
    start = service.start(order)
    told = NetworkIdentityRequest(new_id(), start.organ, start.app, start.business_number, until)
    await resources.shared.put_once(
        _KIND,
        str(told.id),
        {"session": str(citizen.session_id), "order": order, "until": until.isoformat()},
        int(LIFETIME.total_seconds()),
    )
    return told


async def prove_with_network_identity(
    citizen: Citizen, resources: Resources, *, request_id: UUID, credential: str, password: str
) -> Assurance:
    """Have the credential verified; the person is AUTHORITATIVE in this session, and bound where they were not.

    Raises ``Conflict(CHALLENGE_EXPIRED)``, ``Invalid`` (PROOF_REFUSED, and what ``bind_real_name`` raises).
    """
    service = resources.ports.network_identity
    if service is None:
        raise Invalid(NOT_CONNECTED)
    order = await _take(citizen, resources, request_id)
    if not (0 < len(credential) <= LONGEST and 0 < len(password) <= LONGEST):
        raise await _no(citizen, resources, NOT_GOOD, why="malformed")
    known = None if citizen.subject_id is None else await facts_of(citizen.subject_id, resources)
    found = await service.verify(
        order=order,
        credential=credential,
        password=password,
        expected=() if known is None else ((known.name, known.resident_id),),
    )
    if found is None:
        raise await _no(citizen, resources, NOT_GOOD, why="not_good")
    holder, fits = found
    index = resources.keys.blind_index.of(holder.network_id, "network_identity")
    linked = await fetch_one("SELECT person_id FROM network_id WHERE network_id_index = $1", index)
    if known is not None:
        if not fits or (linked is not None and linked["person_id"] != known.person_id):
            raise await _no(citizen, resources, SOMEBODY_ELSE, why="somebody_else")
        return await _prove(citizen, resources, known.person_id, index)
    if linked is not None:
        return await _prove(citizen, resources, linked["person_id"], index)
    claim, record = await _released(citizen, resources, holder)
    return await _prove(citizen, resources, None, index, claim=claim, record=record)


async def _released(
    citizen: Citizen, resources: Resources, holder: NetworkIdentityHolder
) -> tuple[Claim, RegistryRecord]:
    """The name and document that the holder released, and what the registry says of them."""
    if holder.name is None or holder.number is None or holder.kind is None:
        raise Invalid(RELEASE_FIRST, code=ProblemCode.PROOF_REFUSED)
    claim = read_claim(Told(name=holder.name, number=holder.number, kind=holder.kind))
    record = await resources.ports.registry.check(name=claim.name, document=claim.document)
    if record.answer is not RegistryAnswer.MATCH:
        subject = f"account:{citizen.account_id}"
        raise await refused(resources, record, subject=subject, actor=subject, kind="real_name_refused")
    return claim, record


async def _prove(
    citizen: Citizen,
    resources: Resources,
    person_id: UUID | None,
    index: str,
    *,
    claim: Claim | None = None,
    record: RegistryRecord | None = None,
) -> Assurance:
    subject, now = f"account:{citizen.account_id}", clock.now()
    way = NETWORK_IDENTITY
    proof = Assurance(way.level, way.method, now, now + way.lifetime)
    async with transaction() as tx:
        if claim is not None:
            person_id = await keep_person(tx, resources, claim, record, actor=subject)
        if person_id is None:
            raise AssertionError("a person is known or told")
        await _link(tx, person_id, index)
        await bind_account(tx, account_id=citizen.account_id, person_id=person_id)
        record_id = await record_proof(
            tx, person_id=person_id, proof=proof, by=By(session_id=citizen.session_id)
        )
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind="network_identity_verified",
            actor=subject,
            detail={"assurance": str(record_id), "session": str(citizen.session_id)},
        )
    return proof


async def _link(tx: Transaction, person_id: UUID, index: str) -> None:
    """Remember whose 网号 this is; one that is somebody else's by now is a conflict."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", index)
    row = await tx.fetch_one("SELECT person_id FROM network_id WHERE network_id_index = $1", index)
    if row is None:
        await NetworkId.create(person_id=person_id, network_id_index=index)
    elif row["person_id"] != person_id:
        raise Conflict(SOMEBODY_ELSE, code=ProblemCode.PROOF_REFUSED)


async def _take(citizen: Citizen, resources: Resources, request_id: UUID) -> str:
    """Use the request up; its order."""
    stored = await resources.shared.take(_KIND, str(request_id))
    if (
        stored is None
        or stored["session"] != str(citizen.session_id)
        or clock.now() >= datetime.fromisoformat(str(stored["until"]))
    ):
        raise Conflict(EXPIRED, code=ProblemCode.CHALLENGE_EXPIRED)
    return str(stored["order"])


async def _no(citizen: Citizen, resources: Resources, message: Text, *, why: str) -> Invalid:
    """Count and audit a refusal; the refusal to raise."""
    resources.tally.add("network_identity_refused")
    subject = f"account:{citizen.account_id}"
    async with transaction() as tx:
        await audit.append(
            tx, subject=subject, kind="network_identity_refused", actor=subject, detail={"why": why}
        )
    return Invalid(message, code=ProblemCode.PROOF_REFUSED)
