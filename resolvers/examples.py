"""What a developer finds ready in GraphiQL: operations of the house, with variables that fit the demo data."""

from collections.abc import Mapping
from typing import Any

_ITEM = {"code": "000511001000", "division": "330521"}
_KEY = {"idempotencyKey": "made-up-once-per-intent"}

EXAMPLES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("ServiceItems", {"division": "330521", "first": 5}),
    ("ServiceItem", _ITEM),
    ("CheckEligibility", {**_ITEM, "answers": {"paidElsewhere": False}}),
    ("SignInWithMiniProgram", {"input": {"platform": "WECHAT", "code": "from the sandbox", **_KEY}}),
    ("SignInOfficer", {"input": {"login": "deqing-window", "password": "jinmin-demo-only", **_KEY}}),
    ("Me", {}),
    ("StartApplication", {"input": {"itemCode": "000511001000", "division": "330521", **_KEY}}),
    ("ApplicationChanged", {"id": "of your application"}),
)
"""Names of operation documents, and variables."""
