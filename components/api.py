"""Exports by HTTP, for programs: `POST /api/exports` has files loaded as the command line does, and answers with the
report of `load --json`; `GET /api/exports/TICKET` asks for it later.

Off unless RIGHTWORK_API_TOKEN holds a token, which each request has to bring as its bearer. No file is opened here:
they go into the inbox of the uploads, and the worker reads them there.
"""

import asyncio
import hmac
import os
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message

from components import jobs
from pipelines import inbox
from pipelines.contract import EXPORTS
from pipelines.deliver import JSON, Delivery
from pipelines.files import explained
from pipelines.jobs import Job
from pipelines.problems import RightworkError, StoreError, UsageError
from pipelines.report import How
from pipelines.report import Request as Asked
from pipelines.warehouse import Warehouse

TOKEN = "RIGHTWORK_API_TOKEN"
MOST_FILES = 100
MOST_FILE_BYTES = 200_000_000
MOST_BYTES = 500_000_000
MOST_UNDER_WAY = 20  # requests
LOOK_EVERY = 0.05  # seconds
KEPT_SECONDS, MOST_KEPT = 24 * 3600, 1000
FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
DATES, DECIMALS = {"dmy": "dmy", "mdy": "mdy"}, {"comma": ",", "point": "."}
NOT_KEPT = {"Cache-Control": "no-store"}

Value = TypeVar("Value")


class _TooLarge(Exception):
    """A request with more than it may hold."""


@dataclass
class _Options:
    """What the address of a request asks for."""

    how: How = field(default_factory=How)
    dry_run: bool = False
    quarantine: bool = False
    wait: bool = True
    name: str | None = None


@dataclass
class _Ticket:
    """A request that was taken, and what becomes of it: its job, and the folder that its report is written into."""

    name: str
    job: Job
    batch: Path
    report: Path
    since: float = field(default_factory=time.monotonic)


_arriving: set[Path] = set()  # batches whose files are on their way
_tickets: dict[str, _Ticket] = {}
_tidying: set[asyncio.Task[None]] = set()


async def post(request: Request) -> Response:
    """Load the files of a request: 200 with the report, or 422 where there are problems in them.

    202 with a ticket where it is not to wait, 400 for a request that asks for what is not there, 401, 413 for one that
    is too large, and 503 where it may be tried again later; all of these say what is wrong, as `load --json` does.
    """
    if refused := _refused(request):
        return refused
    try:
        options = _options(request)
        if len(_arriving) + sum(not ticket.job.is_over for ticket in _tickets.values()) >= MOST_UNDER_WAY:
            raise StoreError("Too many requests are under way.", "Try again in a minute.")
        batch = await run_in_threadpool(inbox.batch, Warehouse().folder)
    except RightworkError as error:
        return _error(error)
    _arriving.add(batch)
    try:
        files = await _received(request, options, batch)
        report = await run_in_threadpool(inbox.findings, batch)
    except (_TooLarge, RightworkError, ClientDisconnect) as error:
        await run_in_threadpool(inbox.discard, batch)
        if isinstance(error, RightworkError):
            return _error(error)
        most = f"{MOST_FILE_BYTES // 10**6} MB a file and {MOST_BYTES // 10**6} MB in all"
        return _said(413, "The request is too large.", f"Send at most {most}.")
    finally:
        _arriving.discard(batch)
    own = {path: replace(options.how, name=inbox.shown_name(name)) for path, name in files.items()}
    asked = Asked(list(files), dry_run=options.dry_run, quarantine=options.quarantine, own=own)
    job = jobs.worker().submit("deliver", request=asked, folder=report)
    ticket = _Ticket(secrets.token_urlsafe(16), job, batch, report)
    _keep(ticket, files)
    if not options.wait:
        return _under_way(ticket)
    while not job.is_over:
        await asyncio.sleep(LOOK_EVERY)
    return _answer(ticket, BackgroundTask(_forget, ticket))


async def get(request: Request) -> Response:
    """What became of an earlier request: 202 while it is under way, then its answer, for a day."""
    if refused := _refused(request):
        return refused
    ticket = _tickets.get(request.path_params["ticket"])
    if not ticket:
        return _said(404, "There is no such ticket.", "Tickets are kept for a day, while the server runs.")
    return _answer(ticket) if ticket.job.is_over else _under_way(ticket)


def _refused(request: Request) -> Response | None:
    """The answer to a request that may not be made, None where it may."""
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        return _said(404, "There is nothing here.", "")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode("latin-1"), token.encode("utf-8")):
        return None
    refused = _said(401, "The token is missing or wrong.", "Send the header Authorization: Bearer TOKEN.")
    refused.headers["WWW-Authenticate"] = "Bearer"
    return refused


def _options(request: Request) -> _Options:
    """What the address asks for. UsageError where it asks for something else: a misspelt dry_run must not publish."""
    options = _Options()
    how: dict[str, Any] = {"constants": {}}
    given = request.query_params.multi_items()
    for name, value in given:
        if name != "set" and sum(other == name for other, _ in given) > 1:
            raise UsageError(f"{name} is given more than once", "Give it once.")
        match name:
            case "dry_run" | "quarantine" | "wait":
                setattr(options, name, _one_of(name, value.lower(), FLAGS))
            case "as":
                how["export"] = _one_of(name, value, {export: export for export in EXPORTS})
            case "profile" | "source" if value.strip():
                how[name] = inbox.shown_name(value.strip())
            case "date_order":
                how["dates"] = _one_of(name, value, DATES)
            case "decimal":
                how["decimal"] = _one_of(name, value, DECIMALS)
            case "set" if value.partition("=")[0].strip() and "=" in value:
                column, _, constant = value.partition("=")
                how["constants"][column.strip()] = constant.strip()
            case "name" if value.strip():
                options.name = value.strip()
            case _:
                raise UsageError(
                    f"{inbox.shown_name(name)} is not an option, or has no value",
                    "There are name, as, profile, source, set, date_order, decimal, dry_run, quarantine and wait.",
                )
    options.how = How(**how)
    return options


def _one_of(name: str, value: str, choices: dict[str, Value]) -> Value:
    if value not in choices:
        raise UsageError(f"{name} cannot be {inbox.shown_name(value)!r}", f"It is one of {', '.join(choices)}.")
    return choices[value]


async def _received(request: Request, options: _Options, batch: Path) -> dict[Path, str]:
    """Write what a request holds into a batch, as it comes; each file's place and its name.

    UsageError where there is no file in it, StoreError or StoreFull where there is no place for one, _TooLarge.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UsageError("the request is compressed", "Send it as it is, or send a zip archive as a file.")
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > MOST_BYTES:
        raise _TooLarge
    is_form = request.headers.get("content-type", "").lower().startswith("multipart/form-data")
    limited = Request(request.scope, _limited(request, MOST_BYTES if is_form else MOST_FILE_BYTES))
    with explained(batch, "keep files in"):
        return await (_of_form(limited, batch) if is_form else _of_body(limited, batch, options.name))


def _limited(request: Request, most: int) -> Any:
    """What a request receives, up to so many bytes."""
    count = 0

    async def receive() -> Message:
        nonlocal count
        message = await request.receive()
        count += len(message.get("body", b""))
        if count > most:
            raise _TooLarge
        return message

    return receive


async def _of_form(request: Request, batch: Path) -> dict[Path, str]:
    try:
        async with request.form(max_files=MOST_FILES, max_fields=MOST_FILES) as form:
            files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
            if others := [name for name, value in form.multi_items() if not isinstance(value, UploadFile)]:
                words = f"the form holds a field that is no file: {inbox.shown_name(others[0])}"
                raise UsageError(
                    words, "Write options into the address, like ?dry_run=true; send files as -F file=@FILE."
                )
            if not files:
                raise UsageError("the form holds no file", "Send files as -F file=@FILE.")
            if any((file.size or 0) > MOST_FILE_BYTES for file in files):
                raise _TooLarge
            content = [(_base(file.filename or "file"), file.file) for file in files]
            return await run_in_threadpool(inbox.spool, batch, content)
    except HTTPException as error:
        raise UsageError(f"the form cannot be read: {error.detail}", "Send it as multipart/form-data.") from error


async def _of_body(request: Request, batch: Path, name: str | None) -> dict[Path, str]:
    if not name:
        raise UsageError("the file has no name", "Name it: ?name=status.csv, or send a form: -F file=@FILE.")
    place = batch / secrets.token_hex(4) / inbox.safe_name(_base(name))
    place.parent.mkdir()
    with place.open("wb") as out:
        async for block in request.stream():
            await run_in_threadpool(_write, out, block)
    return {place: _base(name)}


def _write(out: BinaryIO, block: bytes) -> None:
    out.write(block)


def _base(name: str) -> str:
    """A file's own name, of a name that may hold the folders where it lay."""
    return re.split(r"[/\\]", name)[-1] or "file"


def _keep(ticket: _Ticket, files: Iterable[Path]) -> None:
    """Remember a request, and see to it that its files go once they were read."""
    over = [one for one in _tickets.values() if one.job.is_over]
    for number, one in enumerate(reversed(over)):
        if number >= MOST_KEPT or one.since < time.monotonic() - KEPT_SECONDS:
            del _tickets[one.name]
    _tickets[ticket.name] = ticket
    task = asyncio.create_task(_tidy(ticket, list(files)))
    _tidying.add(task)
    task.add_done_callback(_tidying.discard)


async def _tidy(ticket: _Ticket, files: list[Path]) -> None:
    while not ticket.job.is_over:
        await asyncio.sleep(LOOK_EVERY)
    for file in files:
        await run_in_threadpool(partial(inbox.discard, file.parent))


def _forget(ticket: _Ticket) -> None:
    _tickets.pop(ticket.name, None)
    inbox.discard(ticket.batch)


def _answer(ticket: _Ticket, after: BackgroundTask | None = None) -> Response:
    """What became of a request that is over."""
    job = ticket.job
    if job.state != "done":
        answer = _error(job.error or StoreError(job.words))
        answer.background = after
        return answer
    outcome: Delivery = job.result
    status = 422 if outcome.is_blocked else 200
    file = ticket.report / JSON
    if file.exists():
        return FileResponse(file, status, NOT_KEPT, "application/json", background=after)
    said: dict[str, Any] = {"published": outcome.publication if outcome.is_new else None, "files": []}
    return JSONResponse(said, status, NOT_KEPT, background=after)


def _under_way(ticket: _Ticket) -> Response:
    place = f"/api/exports/{ticket.name}"
    said = {"ticket": ticket.name, "state": ticket.job.state, "words": ticket.job.words}
    return JSONResponse(said, 202, NOT_KEPT | {"Location": place})


def _error(error: RightworkError) -> Response:
    status = 400 if isinstance(error, UsageError) else 503
    answer = _said(status, error.message, error.fix)
    if status == 503:
        answer.headers["Retry-After"] = "30"
    return answer


def _said(status: int, message: str, fix: str) -> Response:
    return JSONResponse({"error": message, "fix": fix, "files": []}, status, NOT_KEPT)


routes = [Route("/api/exports", post, methods=["POST"]), Route("/api/exports/{ticket}", get, methods=["GET"])]
