"""Budgets that refill steadily: how much somebody may ask for per window, counted over all processes.

Each budget is a leaky bucket (GCRA): one number in Redis, the moment at which all debt is worn off. A
process that is far from the limit spends from what it knows and reports later; near the limit it asks
for every request. While Redis is away each process keeps the limits by itself.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.database.pipelined import Pipelined
from backend.errors import Text, TooMany

log = structlog.get_logger()

TOO_MUCH = Text("请求过于频繁，请稍后再试。", "Too many requests. Please try again later.")

REMEMBERED = 50_000
"""Budgets that one process knows the state of."""
FRESH_SECONDS = 1.0
"""For so long a process trusts what it knows."""
EXACT_FROM = 0.5
"""The part of a budget from which on every request is reported before it is answered."""
UNREPORTED = 0.02
"""The part of a budget that one process may spend before it reports."""

_SPEND = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local cost = tonumber(ARGV[1])
local debts, allowed = {}, 1
for place, key in ipairs(KEYS) do
  local interval, window, unreported = tonumber(ARGV[3 * place - 1]), tonumber(ARGV[3 * place]), tonumber(ARGV[3 * place + 1])
  local debt = math.max(tonumber(redis.call('GET', key) or 0) - now, 0) + unreported * interval
  debts[place] = debt
  if debt + cost * interval > window then allowed = 0 end
end
local told = {allowed}
for place, key in ipairs(KEYS) do
  local interval = tonumber(ARGV[3 * place - 1])
  local debt = debts[place] + allowed * cost * interval
  redis.call('SET', key, string.format('%.6f', now + debt), 'PX', math.ceil(debt * 1000) + 1000)
  told[place + 1] = string.format('%.6f', debt)
end
return told
"""
"""Arguments: cost, then per budget seconds per unit, seconds of the window, and cost not reported yet."""


@dataclass(frozen=True, slots=True)
class Budget:
    """``quota`` units of cost per ``window`` seconds for ``who``."""

    name: str
    """What is counted: ``viewer``, ``client`` or ``address``."""
    who: str
    quota: int
    window: int = 60

    @property
    def interval(self) -> float:
        """Seconds in which one unit comes back."""
        return self.window / self.quota


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a budget."""

    budget: Budget
    debt: float
    """Seconds until it is full again."""

    @property
    def remaining(self) -> int:
        """Units that may be spent at once."""
        return max(0, int((self.budget.window - self.debt) / self.budget.interval))


class OverBudget(TooMany):
    """A budget is used up."""

    def __init__(self, left: Sequence[Left], *, retry_after: float) -> None:
        self.left = left
        super().__init__(TOO_MUCH, retry_after=retry_after)


@dataclass(slots=True)
class _Account:
    """What this process knows of a budget."""

    debt: float = 0.0
    at: float = 0.0
    """When the debt was that, by the monotonic clock; 0 if Redis never told."""
    unreported: int = 0


class Budgets:
    """The budgets of this installation, as one process spends from them."""

    def __init__(self, redis: Redis | Pipelined) -> None:
        self._redis = redis
        self._accounts: OrderedDict[tuple[str, str], _Account] = OrderedDict()

    def check(self, budget: Budget) -> None:
        """Raise ``OverBudget`` if this process knows that nothing is left; asks nobody."""
        account = self._accounts.get((budget.name, budget.who))
        if account is not None:
            left = self._left(budget, account)
            if left.debt > budget.window:
                raise OverBudget([left], retry_after=left.debt - budget.window)

    def note(self, budget: Budget, cost: int) -> None:
        """Spend what was used already; it counts with the next request."""
        self._account(budget).unreported += cost

    async def spend(self, budgets: Sequence[Budget], cost: int) -> list[Left]:
        """Spend ``cost`` from all of ``budgets`` or from none. Raises ``OverBudget``."""
        accounts = [self._account(budget) for budget in budgets]
        if all(
            self._is_far(budget, account, cost) for budget, account in zip(budgets, accounts, strict=True)
        ):
            return self._spent_here(budgets, accounts, cost)
        taken = [account.unreported for account in accounts]
        arguments: list[int | float] = [cost]
        for budget, account, unreported in zip(budgets, accounts, taken, strict=True):
            account.unreported -= unreported
            arguments += [budget.interval, budget.window, unreported]
        keys = [f"jinmin:budget:{budget.name}:{budget.who}" for budget in budgets]
        try:
            allowed, *debts = await self._redis.eval(_SPEND, len(keys), *keys, *arguments)
        except RedisError as error:
            log.warning("budgets_kept_here_only", exception=type(error).__name__)
            for account, unreported in zip(accounts, taken, strict=True):
                account.unreported += unreported
            return self._spent_here(budgets, accounts, cost)
        now = time.monotonic()
        for account, debt in zip(accounts, debts, strict=True):
            account.debt, account.at = float(debt), now
        if not allowed:
            raise self._over(budgets, accounts, cost)
        return [self._left(*pair) for pair in zip(budgets, accounts, strict=True)]

    def _spent_here(self, budgets: Sequence[Budget], accounts: Sequence[_Account], cost: int) -> list[Left]:
        left = [self._left(*pair) for pair in zip(budgets, accounts, strict=True)]
        if any(one.debt + cost * one.budget.interval > one.budget.window for one in left):
            raise self._over(budgets, accounts, cost)
        for account in accounts:
            account.unreported += cost
        return [self._left(*pair) for pair in zip(budgets, accounts, strict=True)]

    def _over(self, budgets: Sequence[Budget], accounts: Sequence[_Account], cost: int) -> OverBudget:
        left = [self._left(*pair) for pair in zip(budgets, accounts, strict=True)]
        waits = [one.debt + cost * one.budget.interval - one.budget.window for one in left]
        return OverBudget(left, retry_after=max(1.0, *waits))

    def _is_far(self, budget: Budget, account: _Account, cost: int) -> bool:
        """Whether this process knows enough, and little enough is spent, to go on without asking."""
        return (
            account.at > 0
            and time.monotonic() - account.at < FRESH_SECONDS
            and account.unreported + cost <= budget.quota * UNREPORTED
            and self._left(budget, account).debt + cost * budget.interval <= budget.window * EXACT_FROM
        )

    def _left(self, budget: Budget, account: _Account) -> Left:
        worn = account.debt - (time.monotonic() - account.at)
        return Left(budget, max(worn, 0.0) + account.unreported * budget.interval)

    def _account(self, budget: Budget) -> _Account:
        key = (budget.name, budget.who)
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = _Account()
            if len(self._accounts) > REMEMBERED:
                self._accounts.popitem(last=False)
        else:
            self._accounts.move_to_end(key)
        return account


def rate_limit_headers(left: Sequence[Left], *, retry_after: float | None = None) -> dict[str, str]:
    """The headers of the IETF's draft "RateLimit header fields for HTTP"; the tightest budget is told."""
    headers: dict[str, str] = {}
    if left:
        tightest = min(left, key=lambda one: one.remaining / one.budget.quota)
        headers["RateLimit-Policy"] = ", ".join(
            f'"{one.budget.name}";q={one.budget.quota};w={one.budget.window}' for one in left
        )
        headers["RateLimit"] = f'"{tightest.budget.name}";r={tightest.remaining};t={math.ceil(tightest.debt)}'
    if retry_after is not None:
        headers["Retry-After"] = str(math.ceil(retry_after))
    return headers
