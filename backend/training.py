"""Generated cases for officers who are learning: ``python -m backend training cases N``.

They live in a county that is on no map (990101): a resident ID cannot begin with it, so that none of the people made up
here can ever be somebody. Whoever is in training acts for the office of that county and sees nothing but it; nobody
else sees it, and what happens there is told to nobody (see ``real_only`` in ``backend.house``).
"""

import secrets
import struct
import zlib
from datetime import date, timedelta
from uuid import UUID

from backend.casework.applications.actions import save_answers, start_application, submit_application
from backend.casework.catalogue.actions import publish_edition
from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.machine import Casework
from backend.casework.materials.actions import upload_material
from backend.database.record import fetch_one, transaction
from backend.kit import clock, regions, resident_id
from backend.kit.documents import Document, DocumentKind
from backend.kit.ids import new_id
from backend.kit.resident_id import Sex
from backend.people.accounts.models import Account, Platform
from backend.people.accounts.models import Session as SessionRow
from backend.people.identity.claims import Claim
from backend.people.identity.models import AssuranceMethod
from backend.people.identity.persons import By, keep_person, record_proof
from backend.people.officers.training import ORGAN_CODE, ORGAN_NAME, ensure_training_organ
from backend.ports import RegistryAnswer, RegistryRecord
from backend.viewer import Assurance, AssuranceLevel, Citizen

ITEM = "000511001000"
"""高龄津贴: every kind of step, and no paper that has to come from elsewhere."""
MOST = 200
"""Of one call."""
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
GIVEN = ("练一", "习二", "学三", "训四", "演五", "试六", "例七", "样八")


async def make_cases(work: Casework, number: int) -> int:
    """Hand in so many generated cases, of people who were made up for it; how many there are now."""
    await _edition(work)
    for _ in range(min(number, MOST)):
        await _case(work, await _citizen(work))
    row = await fetch_one(
        "SELECT count(*) AS held FROM application WHERE division = $1", regions.TRAINING_COUNTY
    )
    return row["held"] if row else 0


async def _edition(work: Casework) -> None:
    """The training county's edition, and its office."""
    async with transaction() as tx:
        await ensure_training_organ(tx)
    if await fetch_one("SELECT 1 FROM edition WHERE division = $1", regions.TRAINING_COUNTY):
        return
    draft = EditionDraft(
        ITEM,
        regions.TRAINING_COUNTY,
        date(2026, 1, 1),
        promised_days=10,
        organ_credit_code=ORGAN_CODE,
        organ_name=ORGAN_NAME,
        organ_level="4",
    )
    await publish_edition(work, draft, actor="machine:training")


async def _citizen(work: Casework) -> Citizen:
    """Somebody made up, as if they had signed in and proven who they are; nobody can sign in as them."""
    resources, now = work.resources, clock.now()
    born = clock.today() - timedelta(days=85 * 366 + secrets.randbelow(3000))
    number = resident_id.make(regions.TRAINING_COUNTY, born, secrets.randbelow(999) + 1)
    document = Document(DocumentKind.RESIDENT_ID, number, None, born, _sex(number))
    name = secrets.choice(SURNAMES) + secrets.choice(GIVEN)
    record = RegistryRecord(RegistryAnswer.MATCH, regions.TRAINING_COUNTY, born, document.sex)
    account_id, session_id = new_id(), new_id()
    async with transaction() as tx:
        person_id = await keep_person(tx, resources, Claim(name, document), record, actor="machine:training")
        index = f"training:{account_id}"
        await Account.create(
            id=account_id,
            platform=Platform.H5,
            open_id_index=index,
            open_id_sealed=resources.keys.ring.seal(b"", context=f"account.open_id:{index}"),
            person_id=person_id,
            proved_at=now,
            last_sign_in_at=now,
        )
        await SessionRow.create(
            id=session_id,
            account_id=account_id,
            refresh_digest="",
            rotated_at=now,
            expires_at=now,
            device_name="",
        )
        proof = Assurance(
            AssuranceLevel.VERIFIED, AssuranceMethod.FACE_SELFIE, now, now + timedelta(minutes=5)
        )
        await record_proof(tx, person_id=person_id, proof=proof, by=By(session_id=session_id))
    return Citizen(account_id, session_id, person_id)


async def _case(work: Casework, citizen: Citizen) -> UUID:
    case = await start_application(
        citizen, work, item_code=ITEM, division=regions.TRAINING_COUNTY, idempotency_key=_key()
    )
    answers = {
        "contactPhone": f"1990000{secrets.randbelow(10_000):04}",
        "currentAddress": f"练习省练习市练习县演示路{secrets.randbelow(200) + 1}号",
        "bankAccount": f"62{secrets.randbelow(10**17):017}",
        "paidElsewhere": False,
        "undertaking": True,
    }
    await save_answers(citizen, work, application_id=case, answers=answers, version=1, idempotency_key=_key())
    await upload_material(
        citizen,
        work,
        application_id=case,
        code="bank-card",
        file_name="练习银行卡.png",
        content=_picture(),
        idempotency_key=_key(),
    )
    return await submit_application(citizen, work, application_id=case, idempotency_key=_key())


def _sex(number: str) -> Sex:
    return Sex.MALE if int(number[16]) % 2 else Sex.FEMALE


def _key() -> str:
    return secrets.token_hex(16)


def _picture() -> bytes:
    """A small sound PNG of one grey, another one each time."""
    row = b"\0" + bytes([secrets.randbelow(256)]) * 32

    def chunk(kind: bytes, held: bytes) -> bytes:
        return struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))

    head = struct.pack(">IIBBBBB", 32, 32, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(row * 32))
        + chunk(b"IEND", b"")
    )
