"""HTTP interface (REST): the same packages and scenario files as on the pages, for programs,
under the same guard and limits.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from ...errors import TreguaError
from ..answers.summary import job_record
from ..handles import Handle
from ..package import JobRecord, Package, PairsRequest, ReadinessRecord, ScenarioRecord
from ..work.jobs import Job
from ..work.shared import Readiness, Shared
from .access import visit_of
from .guard import STATUS
from .uploads import MOST_BYTES, read_upload

ROOT = "/api"
"""Where the interface is."""

API_SLOT = "api"
"""Slot of jobs that come this way, so that a program does not cancel what the same
visitor's page runs.
"""

MOST_WAIT = 30.0
"""Seconds that an answer may wait for a job."""

STATUSES = {**STATUS, "TR3010": 429, "TR3012": 404, "TR3014": 503}
"""HTTP statuses of refusals; all others are 400, as they are about what was sent."""

BAD_REQUEST, ACCEPTED = 400, 202

TOML = "application/toml"
"""Kind of data that a scenario is sent as."""


def refusal_response(error: TreguaError) -> JSONResponse:
    """A refusal as an answer."""
    return JSONResponse({"error": error.record()}, STATUSES.get(error.code, BAD_REQUEST))


def add_interface(app: FastAPI, shared: Shared) -> None:
    """Give an application the interface to a lab, and the answers to what is refused."""
    app.state.shared = shared
    app.include_router(router)

    @app.exception_handler(TreguaError)
    async def refused(request: Request, error: TreguaError) -> JSONResponse:
        return refusal_response(error)

    @app.exception_handler(RequestValidationError)
    async def misshapen(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return refusal_response(
            TreguaError(
                "TR3016",
                "this request is not as it should be",
                where=where,
                found=first["msg"],
                do=f"see {ROOT}/openapi.json",
            )
        )


router = APIRouter(prefix=ROOT)
"""All addresses of the interface."""


def _shared(request: Request) -> Shared:
    return request.app.state.shared


def _record(request: Request, job: Job) -> JobRecord:
    shared = _shared(request)
    return job_record(job, shared.present.digest if shared.present else "", shared.seed)


@router.get("/readiness")
async def readiness(request: Request) -> ReadinessRecord:
    """How far the lab is with its preparations."""
    now: Readiness = _shared(request).readiness
    return ReadinessRecord(
        step=now.step,
        ready=now.ready,
        done=now.done,
        everything=now.everything,
        refusal=now.refusal,
    )


@router.get("/handles")
async def handles(request: Request) -> list[Handle]:
    """What may be changed: reach, unit, range of the evidence, and the claims behind it."""
    return list(_shared(request).handles)


@router.get("/packages/{code}")
async def package(code: str, request: Request) -> Package:
    """The package behind the code in an address."""
    return _shared(request).checked(Package.from_code(code))


@router.post("/packages", status_code=ACCEPTED)
async def run_package(asked: PairsRequest, request: Request) -> JobRecord:
    """Run a package in pairs. A newer request of the same visitor cancels an older one
    that has not ended.
    """
    job = _shared(request).run(visit_of(request), asked.package, asked.pairs, API_SLOT)
    return await asyncio.to_thread(_record, request, job)


@router.get("/jobs/{name}")
async def job(
    name: str, request: Request, wait: Annotated[float, Query(ge=0.0, le=MOST_WAIT)] = 0.0
) -> JobRecord:
    """How a job stands, with what its pairs say so far; with ``wait``,
    seconds to wait for its end.
    """
    own_job = _shared(request).jobs.find(name, visit_of(request).key)

    async def ended() -> None:
        async for _ in own_job.changes():
            pass

    if wait:
        with suppress(TimeoutError):  # Then it is told as it stands.
            await asyncio.wait_for(ended(), wait)
    return await asyncio.to_thread(_record, request, own_job)


@router.delete("/jobs/{name}")
async def cancel(name: str, request: Request) -> JobRecord:
    """Cancel a job; the pairs that are in stay."""
    shared = _shared(request)
    own_job = shared.jobs.find(name, visit_of(request).key)
    shared.jobs.cancel(own_job)
    return await asyncio.to_thread(_record, request, own_job)


@router.post(
    "/scenarios",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {TOML: {"schema": {"type": "string", "maxLength": MOST_BYTES}}},
        }
    },
)
async def scenario(request: Request) -> ScenarioRecord:
    """Read a scenario file, sent as TOML, and say what is in it: each of its policies as a package.
    Nothing is kept.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != TOML:
        raise TreguaError(
            "TR3009", "a scenario is sent as TOML", where="content-type", found=kind, expected=TOML
        )
    data = await request.body()
    return await asyncio.to_thread(read_upload, "scenario.toml", data, _shared(request))


@router.api_route(
    "/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False
)
async def nowhere(rest: str) -> None:
    """Refuse an address that is none, before it is taken for that of a page."""
    raise TreguaError(
        "TR3016",
        "this address is none of the interface",
        where=f"{ROOT}/{rest[:100]}",
        do=f"see {ROOT}/openapi.json",
    )
