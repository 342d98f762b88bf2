"""What an item wants proven, in the words of the ladder."""

from backend.casework.definitions import ProofWay, ServiceItem
from backend.people.identity.ladder import Need
from backend.people.identity.models import AssuranceMethod

METHODS = {
    ProofWay.FACE: (AssuranceMethod.FACE_ACTIVE, AssuranceMethod.FACE_SELFIE),
    ProofWay.PLATFORM_FACE: (AssuranceMethod.PLATFORM_FACE,),
    ProofWay.NETWORK_IDENTITY: (AssuranceMethod.NETWORK_IDENTITY,),
    ProofWay.VIDEO: (AssuranceMethod.VIDEO,),
    ProofWay.WINDOW: (AssuranceMethod.WINDOW,),
    ProofWay.HOME_VISIT: (AssuranceMethod.HOME_VISIT,),
}
"""How each way of an item may have been walked."""


def need_of(item: ServiceItem) -> Need:
    """Level, freshness and ways of an item."""
    methods = frozenset(method for way in item.proof_ways for method in METHODS[way])
    return Need(item.assurance, item.freshness, methods)
