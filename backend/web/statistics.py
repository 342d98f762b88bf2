"""Reports and bulletins as files and charts: bulletins for everybody, reports for officers of statistics by division."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.errors import Invalid, NotFound, NotSignedIn
from backend.statistics.public import bulletin
from backend.statistics.public.charts import ChartKind, draw
from backend.statistics.public.files import public_file, report_file
from backend.statistics.public.release import published
from backend.statistics.reports.queries import NO_SUCH_REPORT, report
from backend.viewer import Anonymous, Officer, OfficerRole, Viewer

Authenticated = Callable[[Request], Awaitable[Viewer]]

MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
}
_OPEN = "public, max-age=300"
_CLOSED = "private, no-store"


def statistics_routes(authenticated: Authenticated) -> list[Route]:
    """``/statistics/bulletins/{division}/{period}…`` for everybody, ``/statistics/reports/{id}…`` for officers."""

    async def bulletin_file(request: Request) -> Response:
        given = request.path_params
        found = await published(Anonymous(), division=given["division"], period=given["period"])
        content = await asyncio.to_thread(public_file, found, given["form"])
        return _file(content, given["form"], f"{found.division}-{found.period.code}", _OPEN)

    async def bulletin_chart(request: Request) -> Response:
        given = request.path_params
        chart = await bulletin.public_chart(
            ChartKind(given["kind"]), given["division"], given["period"], request.query_params.get("code", "")
        )
        return _file(await asyncio.to_thread(draw, chart, given["form"]), given["form"], None, _OPEN)

    async def report_download(request: Request) -> Response:
        given = request.path_params
        found = await report(await _officer(request), UUID(given["id"]))
        content = await asyncio.to_thread(report_file, found, given["form"])
        return _file(content, given["form"], f"{found.division}-{found.period.code}", _CLOSED)

    async def report_chart(request: Request) -> Response:
        given = request.path_params
        chart = await bulletin.report_chart(
            await _officer(request),
            ChartKind(given["kind"]),
            UUID(given["id"]),
            request.query_params.get("code", ""),
        )
        return _file(await asyncio.to_thread(draw, chart, given["form"]), given["form"], None, _CLOSED)

    async def _officer(request: Request) -> Officer:
        viewer = await authenticated(request)
        if not isinstance(viewer, Officer) or OfficerRole.STATISTICS not in viewer.roles:
            raise NotFound(NO_SUCH_REPORT)
        return viewer

    return [
        Route("/statistics/bulletins/{division}/{period}.{form}", _answered(bulletin_file, "xlsx", "csv")),
        Route(
            "/statistics/bulletins/{division}/{period}/{kind}.{form}",
            _answered(bulletin_chart, "png", "svg"),
        ),
        Route("/statistics/reports/{id}.{form}", _answered(report_download, "xlsx", "csv", "json")),
        Route("/statistics/reports/{id}/{kind}.{form}", _answered(report_chart, "png", "svg")),
    ]


def _answered(
    serve: Callable[[Request], Awaitable[Response]], *forms: str
) -> Callable[[Request], Awaitable[Response]]:
    """``serve`` for these forms only; whatever is not there or not theirs is 404 alike."""

    async def answer(request: Request) -> Response:
        if request.path_params["form"] not in forms:
            return Response(status_code=404)
        try:
            return await serve(request)
        except NotSignedIn:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        except (NotFound, Invalid, ValueError):
            return Response(status_code=404)

    return answer


def _file(content: bytes, form: str, name: str | None, cached: str) -> Response:
    headers = {"Cache-Control": cached, "X-Content-Type-Options": "nosniff"}
    if name:
        headers["Content-Disposition"] = f"attachment; filename=statistics-{name}.{form}"
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)
