"""Counters and gauges for Prometheus; labels are route templates and codes, never ids or people."""

from collections.abc import Awaitable, Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

Reading = Callable[[], Awaitable[float]]


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
        self._readings: list[tuple[Gauge, Reading]] = []

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one HTTP request."""
        self._requests.labels(route, method, str(status)).observe(seconds)

    def count_callback(self, region: str, outcome: str) -> None:
        """Count one callback."""
        self._callbacks.labels(region, outcome).inc()

    def gauge_from(self, name: str, about: str, reading: Reading) -> None:
        """A figure that is read when it is asked for."""
        self._readings.append((Gauge(name, about, registry=self._registry), reading))

    def counts_from(self, name: str, about: str, label: str, counts: Iterable[tuple[str, int]]) -> None:
        """Counters that are kept elsewhere, one for each value of ``label``."""
        self._registry.register(_Counts(name, about, label, counts))

    async def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        for gauge, reading in self._readings:
            gauge.set(await reading())
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
