"""The composition root of the API: GraphQL at one address, plain HTTP beside it."""

from collections.abc import Mapping
from datetime import date
from functools import partial

import structlog
from starlette.requests import Request
from starlette.routing import Router
from starlette.types import ASGIApp

from backend.casework.catalogue.current import Catalogue
from backend.casework.catalogue.standards import Standards
from backend.casework.certificates.published import publish
from backend.casework.certificates.queries import VerifiedResult, find_by_code
from backend.casework.legal_time.calendars import following
from backend.casework.machine import Casework
from backend.casework.materials.unclaimed import count_unclaimed
from backend.casework.notices.sending import unsent
from backend.casework.numbering.queries import waiting_for_number
from backend.database.audit_batches import unsealed_seconds
from backend.database.audit_gate import telling_refusals
from backend.database.jobs import queue_figures
from backend.database.record import fetch, transaction
from backend.errors import Text, Unavailable
from backend.exchange.queries import unapplied_events, unfinished_deliveries
from backend.frontends.actions import keep_house_documents
from backend.frontends.queries import authenticate_team, team_key, unknown_among
from backend.frontends.serving import FrontEndDocuments
from backend.house import open_house
from backend.kit import clock
from backend.kit.drain import Drain
from backend.kit.ids import new_nonce
from backend.kit.memory import settle, share_one_arena
from backend.people.accounts.queries import authenticate
from backend.people.identity.templates import count_templates
from backend.places import DOCUMENTS
from backend.providers.clients.counting import ApiUses
from backend.providers.clients.tokens import authenticate_provider, provider_token
from backend.resources import Resources
from backend.settings import Settings
from backend.viewer import Viewer
from backend.web.callbacks import callback_routes
from backend.web.certificates import certificate_routes, document_key_routes
from backend.web.cross_origin import CrossOrigin
from backend.web.exchange import exchange_key_routes
from backend.web.files import file_routes
from backend.web.health import health_routes
from backend.web.metrics import Metrics
from backend.web.oauth import oauth_routes
from backend.web.observe import Observe
from backend.web.pilots import pilot_routes
from backend.web.server import Server
from backend.web.statistics import statistics_routes
from backend.web.verify import verify_routes
from resolvers.context import Caller, Context, preferred_language
from resolvers.examples import EXAMPLES
from resolvers.execution.documents import examiner, read_operations
from resolvers.execution.edge import TOO_LARGE
from resolvers.execution.fast import Compilation
from resolvers.execution.http import graphql_routes
from resolvers.execution.spending import Quotas, Spending
from resolvers.schema import schema

log = structlog.get_logger()

ALLOWED_HEADERS = (
    "Authorization",
    "Content-Type",
    "Accept-Language",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-Id",
    "X-Jinmin-Preflight",
    "Apollo-Require-Preflight",
    "GraphQL-Preflight",
)
EXPOSED_HEADERS = (
    "ETag",
    "X-Request-Id",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "Deprecation",
    "Sunset",
)
"""What pages of other origins may send and read. No cookies: there are none."""

VERIFY_RATE = "60/minute"
"""Codes have 120 bits, so this is about load, not about guessing."""

_ENDING = Text("本进程即将停止。", "This process is about to end.")
_NOT_READY = Text("人脸服务尚未就绪。", "The face service is not warm yet.")


def create_app(
    settings: Settings,
    work: Casework,
    drain: Drain | None = None,
    registry: FrontEndDocuments | None = None,
    uses: ApiUses | None = None,
) -> ASGIApp:
    """Everything the API answers, on what ``open_house`` has connected."""
    resources, metrics, drain = work.resources, Metrics(), drain or Drain()

    viewer_of = partial(_viewer_of, resources)

    async def make_context(caller: Caller) -> Context:
        viewer = await viewer_of(caller.authorization, caller.language, caller.address)
        return Context(viewer=viewer, request_id=caller.request_id, language=caller.language, work=work)

    async def requested_by(request: Request) -> Viewer:
        language = preferred_language(request.headers.get("accept-language"))
        address = request.client.host if request.client else ""
        return await viewer_of(request.headers.get("authorization"), language, address)

    async def find(code: str) -> VerifiedResult | None:
        return await find_by_code(work, code)

    async def limit_verify(address: str) -> None:
        await resources.shared.limit(VERIFY_RATE, "verify", address)

    async def database_ready() -> None:
        await fetch("SELECT 1")
        async with transaction() as tx:  # writing has connections of its own
            await tx.fetch("SELECT 1")

    async def queue_ready() -> None:
        await fetch("SELECT 1 FROM pgqueuer LIMIT 1")

    async def faces_ready() -> None:
        if not await resources.ports.faces.ready():
            raise Unavailable(_NOT_READY)

    _watch(metrics)
    metrics.gauge_from(
        "jinmin_unclaimed_files",
        "Stored files that no material points to and that are overdue.",
        count_unclaimed,
    )
    metrics.gauge_from("jinmin_face_templates", "Enrolled templates of faces.", count_templates)
    metrics.counts_from(
        "jinmin_refused_attempts", "Attempts on identity that were refused.", "kind", resources.tally
    )
    # Without Starlette around it, the router answers 404 and 405 by itself, and whatever fails is Observe's.
    router = Router(
        routes=[
            *graphql_routes(
                schema,
                read_operations(DOCUMENTS),
                make_context,
                development=settings.development,
                registry=registry or FrontEndDocuments(),
                seats=resources.shared.seats,
                spending=Spending(resources.shared.budgets, _quotas(settings), uses),
                answers=resources.shared.answers(resources.keys.ring, resources.keys.blind_index),
                origins=settings.origins,
                drain=drain,
                tally=resources.tally,
                version=partial(_version_of, work.catalogue),
                examples=EXAMPLES,
                compilation=Compilation(
                    on=settings.compiled_operations,
                    compared=settings.compared_share,
                    counted=metrics.count_operation,
                ),
            ),
            *certificate_routes(work, requested_by),
            *statistics_routes(requested_by),
            *pilot_routes(work, requested_by),
            *file_routes(work, requested_by),
            *callback_routes(work, metrics.count_callback),
            *oauth_routes(resources),
            *verify_routes(find, limit_verify),
            *document_key_routes(publish(resources.keys.documents)),
            *exchange_key_routes(work),
            *health_routes(
                {
                    "serving": partial(_not_draining, drain),
                    "database": database_ready,
                    "queue": queue_ready,
                    "redis": resources.shared.ping,
                    "faces": faces_ready,
                },
                metrics,
                resources.keys.tokens.jwks,
            ),
        ]
    )
    shared = CrossOrigin(
        router,
        allow_origins=settings.origins,
        allow_methods=["GET", "POST"],
        allow_headers=ALLOWED_HEADERS,
        expose_headers=EXPOSED_HEADERS,
        max_age=7200,
    )
    return Observe(shared, metrics)


async def _viewer_of(resources: Resources, authorization: str | None, language: str, address: str) -> Viewer:
    key = team_key(authorization)
    if key is not None:
        return await authenticate_team(key, language=language, address=address)
    token = provider_token(authorization)
    if token is not None:
        return await authenticate_provider(resources, token, language=language, address=address)
    return await authenticate(resources, authorization, language=language, address=address)


async def _version_of(catalogue: Catalogue) -> tuple[int, date]:
    """What shared answers are made of: the catalogue, and the day on which its editions are in force."""
    return await catalogue.version(), clock.today()


async def _not_draining(drain: Drain) -> None:
    if drain.begun:
        raise Unavailable(_ENDING)


def _quotas(settings: Settings) -> Quotas:
    """Development is where load is tried out: its limits are only kept where they were set."""
    given = {
        "viewer": settings.cost_per_viewer,
        "client": settings.cost_per_client,
        "address": settings.cost_per_address,
    }
    times = 1000 if settings.development else 1
    return Quotas(
        **{
            name: quota if f"cost_per_{name}" in settings.model_fields_set else quota * times
            for name, quota in given.items()
        }
    )


def _watch(metrics: Metrics) -> None:
    """The figures of the whole installation, whichever process is asked: what operators are alarmed by."""

    async def jobs() -> dict[str, float]:
        figures = await queue_figures()
        return {"due": figures.due, "running": figures.running, "held": figures.held}

    async def oldest_due() -> float:
        return (await queue_figures()).oldest_due_seconds

    metrics.gauge_from(
        "jinmin_cases_without_number", "Received cases that wait for a number.", waiting_for_number
    )
    metrics.gauges_from(
        "jinmin_deliveries", "Deliveries under way and given up.", "state", unfinished_deliveries
    )
    metrics.gauges_from(
        "jinmin_province_messages", "Messages that wait or contradict.", "outcome", unapplied_events
    )
    metrics.gauges_from("jinmin_jobs", "Jobs due, running and held after a bug.", "state", jobs)
    metrics.gauge_from("jinmin_oldest_due_job_seconds", "For how long work waits for a worker.", oldest_due)
    metrics.gauge_from("jinmin_notices_unsent", "Notices whose message is an hour late.", unsent)
    metrics.gauge_from(
        "jinmin_audit_unsealed_seconds", "For how long an audit entry waits to be sealed.", unsealed_seconds
    )


async def _remember_documents() -> None:
    """Keep the house's own documents of this release: apps that were built for it outlive it."""
    texts = read_operations(DOCUMENTS)
    new = await unknown_among(texts)
    if new:
        examine = examiner(schema)
        await keep_house_documents([examine(texts[digest]) for digest in sorted(new)])


def _gate_sums(resources: Resources) -> Mapping[str, int]:
    """What this process has refused before anybody was known."""
    return {TOO_LARGE: resources.tally.of(TOO_LARGE)}


async def serve(settings: Settings, declared: Standards | None = None) -> None:
    """Serve until SIGTERM or SIGINT, and then until what is under way is done; ``declared`` as for ``open_house``."""
    share_one_arena()
    async with open_house(settings, declared) as work:
        drain, registry, uses = Drain(), FrontEndDocuments(), ApiUses()
        server = Server(
            create_app(settings, work, drain, registry, uses),
            drain=drain,
            drain_seconds=settings.drain_seconds,
            host=settings.host,
            port=settings.port,
            forwarded_allow_ips=settings.trusted_proxies,
        )
        await _remember_documents()
        shared = work.resources.shared
        async with (
            registry.following(shared),
            uses.reporting(),
            work.catalogue.following(shared),
            following(work.calendar, shared),
            telling_refusals(f"api-{new_nonce()}", partial(_gate_sums, work.resources)),
        ):
            settle()
            await server.serve()
