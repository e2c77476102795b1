"""The entry for a server that many people use: `streamlit run server.py`, or `uvicorn server:app`.

The pages are those of dashboard.py, which runs by itself as well. This adds what happens before the first visitor comes
(the worker is started, the data opened, what pages need imported), GET /health for whoever watches over the server, and
POST /api/exports for programs that hand in exports (see components/api.py).
"""

import importlib
import pkgutil
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from components import answers, api, jobs
from pipelines.problems import RightworkError

VERSION = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text("utf-8"))["project"]["version"]


def health(request: Request) -> Response:
    """How the server is, as JSON: 200 where its data can be read ("ok", or "empty" before the first load), else 503.

    The warehouse is asked once a version; else one small file is read.
    """
    said: dict[str, Any] = {"status": "ok", "version": VERSION, "publication": None, "review_date": None}
    try:
        found = answers.latest()
        if found:
            said["publication"] = found.publications[-1].number
            said["review_date"] = found.review_dates[-1].isoformat() if found.review_dates else None
        else:
            said["status"] = "empty"
    except RightworkError:
        said["status"] = "failing"
    said["worker"] = jobs.worker().condition
    return JSONResponse(said, 503 if said["status"] == "failing" else 200, {"Cache-Control": "no-store"})


def warm_up() -> None:
    """Import what pages import and open the data, so that the first visitor does not wait for either."""
    for package in ("analytics", "components"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    importlib.import_module("plotly.graph_objects")  # what a project's page takes at its first chart
    with suppress(RightworkError):  # told on the page, and by /health
        answers.latest()


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Before the first visitor, and after the last."""
    worker = jobs.worker()
    await run_in_threadpool(warm_up)
    yield
    await run_in_threadpool(worker.close)


app = st.App("dashboard.py", routes=[Route("/health", health), *api.routes], lifespan=lifespan)
