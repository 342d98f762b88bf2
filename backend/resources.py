"""What every action may need, in one hand: connected once by a composition root, passed along."""

from dataclasses import dataclass, field

from backend.database.gathered import GatheredReads
from backend.database.shared import Shared
from backend.keys import Keys
from backend.kit.tally import Tally
from backend.ports import Ports


@dataclass(frozen=True, slots=True)
class Resources:
    """The outside (``ports``), the secrets (``keys``) and the shared short-lived state."""

    ports: Ports
    keys: Keys
    shared: Shared
    public_url: str
    active_face_challenge: bool
    """Whether a face challenge asks for turns of the head; a plain selfie otherwise."""
    reads: GatheredReads = field(default_factory=GatheredReads)
    """Rows that many requests ask for at once, such as their sessions."""
    second_factor: bool = True
    """Whether officers come in with a one-time code only; development lets those in who have not enrolled yet."""
    tally: Tally = field(default_factory=Tally)
    """Refused attempts by kind, for the metrics."""
