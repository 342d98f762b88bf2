"""Counters and gauges for Prometheus; labels are route templates and codes, never ids or people."""

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

log = structlog.get_logger()

Reading = Callable[[], Awaitable[float]]
Readings = Callable[[], Awaitable[Mapping[str, float]]]
"""Values by label."""


class Metrics:
    """One process's figures."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "jinmin_http_seconds",
            "Time to answer.",
            ("route", "method", "status"),
            registry=self._registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self._callbacks = Counter(
            "jinmin_province_callbacks",
            "Callbacks of provinces.",
            ("region", "outcome"),
            registry=self._registry,
        )
        self._operations = Counter(
            "jinmin_operations",
            "Operations, by whether memory answered, the plan, graphql-core from the start or after an anomaly,"
            " and how comparisons of both went.",
            ("outcome",),
            registry=self._registry,
        )
        self._readings: dict[str, Callable[[], Awaitable[None]]] = {}
        self._kinds: dict[tuple[str, str, int], Histogram] = {}
        """Of requests, each with its labels; looking them up by name takes longer than counting."""

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one HTTP request."""
        kind = self._kinds.get((route, method, status))
        if kind is None:
            kind = self._kinds[route, method, status] = self._requests.labels(route, method, str(status))
        kind.observe(seconds)

    def count_callback(self, region: str, outcome: str) -> None:
        """Count one callback."""
        self._callbacks.labels(region, outcome).inc()

    def count_operation(self, outcome: str) -> None:
        """Count one execution: ``cached``, ``compiled``, ``core``, ``anomaly``, ``same`` or ``different``."""
        self._operations.labels(outcome).inc()

    def gauge_from(self, name: str, about: str, reading: Reading) -> None:
        """A figure that is read when it is asked for."""
        gauge = Gauge(name, about, registry=self._registry)

        async def read() -> None:
            gauge.set(math.nan)
            gauge.set(await reading())

        self._readings[name] = read

    def gauges_from(self, name: str, about: str, label: str, readings: Readings) -> None:
        """Figures of one name told apart by ``label``, read when they are asked for."""
        gauge = Gauge(name, about, (label,), registry=self._registry)

        async def read() -> None:
            gauge.clear()
            for value, figure in (await readings()).items():
                gauge.labels(value).set(figure)

        self._readings[name] = read

    def counts_from(self, name: str, about: str, label: str, counts: Iterable[tuple[str, int]]) -> None:
        """Counters that are kept elsewhere, one for each value of ``label``."""
        self._registry.register(_Counts(name, about, label, counts))

    async def text(self) -> bytes:
        """Everything in Prometheus' text format; what cannot be read just now is not a number, or absent."""
        for name, read in self._readings.items():
            try:
                await read()
            except Exception as error:  # noqa: BLE001 - one figure that fails must not take the others along
                log.warning("figure_not_read", figure=name, exception=type(error).__name__)
        return generate_latest(self._registry)


class _Counts(Collector):
    """Reads a tally whenever figures are asked for."""

    def __init__(self, name: str, about: str, label: str, counts: Iterable[tuple[str, int]]) -> None:
        self._name, self._about, self._label, self._counts = name, about, label, counts

    def collect(self) -> Iterable[CounterMetricFamily]:
        """One family with one sample for each name counted so far."""
        family = CounterMetricFamily(self._name, self._about, labels=[self._label])
        for value, count in self._counts:
            family.add_metric([value], count)
        yield family
