"""Writing listings: what one holds, whether it is sound, and how a version becomes the one that is shown."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import orjson

from backend.database.record import Transaction
from backend.errors import Conflict, FieldProblem, ProblemCode, Text
from backend.kit import clock, regions
from backend.providers.organisations.kinds import KINDS, PlaceKind
from backend.providers.places.geo import Spot
from backend.providers.places.models import Access, VersionState
from backend.providers.places.spelling import spelling
from backend.providers.webhooks import telling
from backend.providers.webhooks.models import HookEvent

MOST_OFFERINGS = 40
LARGEST_PRICE = 100_000_000
"""Fen: a million yuan."""
MOST_PLACES = 100_000
"""Beds or seats of one place."""
DAYS = range(1, 8)
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)

BAD_NAME = Text("名称为2至120个字。", "A name has 2 to 120 characters.")
BAD_ADDRESS = Text("地址为2至200个字。", "An address has 2 to 200 characters.")
BAD_ABOUT = Text("介绍请控制在2000字以内。", "Keep the description within 2000 characters.")
BAD_PHONE = Text("请填写对外联系电话。", "Give the telephone number for the public.")
BAD_CAPACITY = Text("床位（名额）应为0至100000。", "There are 0 to 100,000 places.")
BAD_PRICE = Text("价格应为0至100万元，以分为单位。", "A price is 0 to a million yuan, in fen.")
BAD_OFFERINGS = Text(
    "请填写1至40项服务，名称2至60字，代码不重复。", "List 1 to 40 services with names and codes of their own."
)
BAD_HOURS = Text("开放时间为周一至周日（1至7），HH:MM。", "Hours are days 1 to 7 with HH:MM to HH:MM.")
NO_DIVISION = Text("没有这个行政区划，请选择县（市、区）。", "There is no such county.")
NEWER = Text("该版本已被更新的版本取代。", "A newer version took its place.")


@dataclass(frozen=True, slots=True)
class Offering:
    """One thing that can be ordered at a place."""

    code: str
    name: str
    price_fen: int
    unit: str
    """元 per what: 月, 次, 份."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Open on a day of the week (1 Monday to 7 Sunday), from and to as HH:MM."""

    day: int
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A whole listing as it is handed in."""

    kind: PlaceKind
    name: str
    address: str
    division: str
    longitude: float
    latitude: float
    capacity: int
    phone: str
    about: str
    offerings: Sequence[Offering]
    hours: Sequence[Hours]
    access: Sequence[Access]

    @property
    def spot(self) -> Spot:
        """Where it is."""
        return Spot(self.longitude, self.latitude)

    def as_json(self) -> str:
        """For a column."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def read(cls, text: str) -> "Listing":
        """From a column."""
        told = orjson.loads(text)
        return cls(
            **{
                **told,
                "kind": PlaceKind(told["kind"]),
                "offerings": [Offering(**one) for one in told["offerings"]],
                "hours": [Hours(**one) for one in told["hours"]],
                "access": [Access(one) for one in told["access"]],
            }
        )


def wrong_parts(listing: Listing) -> Sequence[FieldProblem]:
    """Everything that is wrong with a listing."""
    found = regions.find(listing.division)
    texts = (
        ("name", BAD_NAME, 2 <= len(listing.name.strip()) <= 120),
        ("address", BAD_ADDRESS, 2 <= len(listing.address.strip()) <= 200),
        ("about", BAD_ABOUT, len(listing.about) <= 2000),
        ("phone", BAD_PHONE, 5 <= len(listing.phone) <= 20 and listing.phone.replace("-", "").isdigit()),
        ("division", NO_DIVISION, found is not None and found.level == 3),
        ("capacity", BAD_CAPACITY, 0 <= listing.capacity <= MOST_PLACES),
        ("offerings", BAD_OFFERINGS, _sound_offerings(listing.offerings)),
        ("hours", BAD_HOURS, all(map(_sound_hours, listing.hours)) and len(listing.hours) <= 21),
    )
    wrong = [FieldProblem(("input", "listing", name), message) for name, message, holds in texts if not holds]
    wrong += [
        FieldProblem(("input", "listing", "offerings", place, "priceFen"), BAD_PRICE)
        for place, one in enumerate(listing.offerings)
        if not 0 <= one.price_fen <= LARGEST_PRICE
    ]
    return wrong


def changed_parts(old: Listing, new: Listing) -> frozenset[str]:
    """The parts in which two listings differ, by the names that ``KindRule.reviewed`` uses."""
    parts = {
        "name": (old.name, new.name),
        "address": (old.address, new.address),
        "location": (old.spot, new.spot),
        "division": (old.division, new.division),
        "capacity": (old.capacity, new.capacity),
        "offerings": (list(old.offerings), list(new.offerings)),
        "kind": (old.kind, new.kind),
    }
    return frozenset(name for name, (before, after) in parts.items() if before != after)


async def show(tx: Transaction, place_id: UUID, number: int, listing: Listing) -> None:
    """Make a version the one that is shown. Free places stay what they are, within the new capacity."""
    spelt = spelling(listing.name)
    await tx.execute(
        "UPDATE place_version SET state = 'PAST', settled_at = $2 WHERE place_id = $1 AND state = 'CURRENT'",
        place_id,
        clock.now(),
    )
    await tx.execute(
        "UPDATE place_version SET state = 'CURRENT', settled_at = $3 WHERE place_id = $1 AND number = $2",
        place_id,
        number,
        clock.now(),
    )
    await tx.execute(
        "UPDATE place SET kind = $2, name = $3, plain = $4, spelt = $5, initials = $6, grams = $7, division = $8,"
        " x = $9, y = $10, price_fen = $11, access = $12::jsonb, content = $13::jsonb, version = $14,"
        " free = CASE WHEN approved THEN least(free, $15) ELSE $15 END, capacity = $15, approved = TRUE,"
        " listed = NOT withdrawn AND (organisation_id IS NULL OR EXISTS (SELECT FROM organisation"
        "  WHERE organisation.id = place.organisation_id AND organisation.state = 'ACTIVE')), changed_at = $16"
        " WHERE id = $1",
        place_id,
        listing.kind,
        listing.name,
        spelt.plain,
        spelt.spelt[:600],
        spelt.initials,
        " ".join(spelt.grams),
        listing.division,
        listing.spot.x,
        listing.spot.y,
        min(one.price_fen for one in listing.offerings),
        orjson.dumps(listing.access).decode(),
        listing.as_json(),
        number,
        listing.capacity,
        clock.now(),
    )


async def decide_listing(tx: Transaction, version_id: UUID, *, approve: bool, reason: str) -> None:
    """What an officer's word does to a version: shown from now on, or refused with the reason."""
    row = await tx.fetch_one(
        "SELECT version.place_id, place.organisation_id, version.number, version.content, version.state FROM place_version version"
        " JOIN place ON place.id = version.place_id WHERE version.id = $1 FOR NO KEY UPDATE OF version, place",
        version_id,
    )
    if row is None or row["state"] != VersionState.PROPOSED:
        raise Conflict(NEWER, code=ProblemCode.STALE_VERSION)
    await telling.note(
        tx,
        row["organisation_id"],
        HookEvent.LISTING_DECIDED,
        kind="SocialPlace",
        subject=row["place_id"],
        state="APPROVED" if approve else "REFUSED",
        version=row["number"],
        place_id=row["place_id"],
    )
    if approve:
        await show(tx, row["place_id"], row["number"], Listing.read(row["content"]))
        return
    await tx.execute(
        "UPDATE place_version SET state = 'REFUSED', reason = $2, settled_at = $3 WHERE id = $1",
        version_id,
        reason,
        clock.now(),
    )


async def show_places(tx: Transaction, organisation_id: UUID, *, listed: bool) -> None:
    """Take all places of an organisation out of sight, or back to where they were."""
    await tx.execute(
        "UPDATE place SET listed = $2 AND approved AND NOT withdrawn WHERE organisation_id = $1",
        organisation_id,
        listed,
    )


def review_wanted(old: Listing | None, new: Listing) -> bool:
    """Whether the law wants an officer to look at ``new`` before it is shown."""
    reviewed = KINDS[new.kind].reviewed
    if old is None:
        return bool(reviewed)
    changed = changed_parts(old, new)
    return bool(changed & reviewed) or "kind" in changed


def _sound_offerings(offerings: Sequence[Offering]) -> bool:
    codes = [one.code for one in offerings]
    return (
        0 < len(offerings) <= MOST_OFFERINGS
        and len(set(codes)) == len(codes)
        and all(
            2 <= len(one.name) <= 60
            and 0 < len(one.code) <= 20
            and one.code.replace("-", "").isalnum()
            and one.code.isascii()
            and 0 < len(one.unit) <= 10
            for one in offerings
        )
    )


def _sound_hours(hours: Hours) -> bool:
    sound = _TIME.fullmatch(hours.opens) and _TIME.fullmatch(hours.closes)
    return bool(sound) and hours.day in DAYS and hours.opens < hours.closes
