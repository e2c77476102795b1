"""Exports by HTTP, against a server as it is run: who may, what is answered, and that nothing else gets through."""

import io
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from components import api
from pipelines.history import history
from pipelines.warehouse import Warehouse
from tests.test_server import ROOT, STREAMLIT, UVICORN, health, server, until

TOKEN = "a-long-random-text"
HEADER = "project_id,status_date,reported_health\n"


class Service:
    """A server, and how a program talks to it."""

    def __init__(self, address: str, warehouse: Path) -> None:
        self.address = address
        self.warehouse = Warehouse(warehouse)

    def ask(
        self, path: str = "", body: bytes | None = None, token: str | None = TOKEN, **headers: str
    ) -> tuple[int, dict[str, Any], Any]:
        """A request's status, its answer and the headers of that."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            named["Authorization"] = f"Bearer {token}"
        asked = urllib.request.Request(f"{self.address}/api/exports{path}", body, named)
        try:
            with urllib.request.urlopen(asked, timeout=120) as answer:
                return answer.status, json.load(answer), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error), error.headers

    def post(self, name: str, text: str | bytes, options: str = "", **more: Any) -> tuple[int, dict[str, Any], Any]:
        """Hand in one file as the body of a request."""
        body = text if isinstance(text, bytes) else text.encode()
        return self.ask(f"?name={urllib.parse.quote(name)}{options}", body, Content_Type="text/csv", **more)

    def form(self, *files: tuple[str, bytes], options: str = "", field: str = "") -> tuple[int, dict[str, Any], Any]:
        """Hand in files as a form."""
        lines = b"".join(
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="'
            + name.encode()
            + b'"\r\n\r\n'
            + text
            + b"\r\n"
            for name, text in files
        )
        if field:
            lines += f'--b\r\nContent-Disposition: form-data; name="{field}"\r\n\r\nyes\r\n'.encode()
        return self.ask(options, lines + b"--b--\r\n", Content_Type="multipart/form-data; boundary=b")

    def loads(self) -> list[str]:
        """The names of all files that were loaded."""
        if not self.warehouse.publication():
            return []
        with self.warehouse.reading() as reading:
            return [one["file_name"] for one in history(reading.cursor(), reading.publication)]

    def spooled(self) -> list[Path]:
        """The files that lie in the inbox of the uploads."""
        # os.walk, as a folder may go while it is being read
        return [Path(folder) / name for folder, _, names in os.walk(self.warehouse.folder / "inbox") for name in names]


@contextmanager
def serving(folder: Path, command: tuple[str, ...], **environment: str) -> Iterator[Service]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(api.TOKEN, raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        with server(folder / "store", command) as (_, address):
            until(lambda: health(address)[1]["worker"] == "warm")
            yield Service(address, folder / "store")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = {api.TOKEN: TOKEN, "RIGHTWORK_LOCK_TIMEOUT": "1"}
    with serving(tmp_path_factory.mktemp("api"), UVICORN, **settings) as one:
        yield one


def status(*projects: str) -> str:
    return HEADER + "".join(f"{project},2026-11-06,green\n" for project in projects)


def bad(*projects: str) -> str:
    return status(*projects) + "X,no date,green\n"


def test_without_a_token_there_is_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, UVICORN, **{api.TOKEN: " "}) as one:
        for token in (None, "", " ", TOKEN):
            assert one.post("a.csv", status("P1"), token=token)[0] == 404
        assert one.ask("/some-ticket")[0] == 404
        assert (one.loads(), one.spooled()) == ([], [])


def test_streamlit_s_own_server_does_the_same(tmp_path: Path) -> None:
    with serving(tmp_path, STREAMLIT, **{api.TOKEN: TOKEN}) as one:
        assert one.post("a.csv", status("P1"), token="wrong")[0] == 401
        assert one.form(("a.csv", status("P1").encode()))[1]["published"] == 1
        assert one.post("a.csv", bad("P1"))[0] == 422


def test_who_has_not_the_token_is_refused(service: Service) -> None:
    before = service.loads()
    for token in (None, "", "wrong", TOKEN + "x", TOKEN[:-1], "\u00fc"):
        code, said, headers = service.post("a.csv", status("P1"), token=token)
        assert (code, said["error"], headers["WWW-Authenticate"]) == (401, "The token is missing or wrong.", "Bearer")
    code, *_ = service.ask("?name=a.csv", b"x", token=None, Authorization=f"Basic {TOKEN}")
    assert code == 401
    code, *_ = service.ask("?name=a.csv", b"x", token=None, Cookie=f"token={TOKEN}")
    assert code == 401
    assert service.ask("/ticket", token="wrong")[0] == 401
    assert service.loads() == before


def test_no_page_of_another_site_may_use_it(service: Service) -> None:
    code, _, headers = service.post("cors.csv", "", Origin="http://evil.example")
    assert (code, headers["Access-Control-Allow-Origin"]) == (422, None)
    asked = urllib.request.Request(f"{service.address}/api/exports", method="OPTIONS")
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(asked, timeout=30)
    assert raised.value.code == 405
    raised.value.close()


def test_a_file_is_published_with_the_report_of_the_command_line(service: Service, tmp_path: Path) -> None:
    code, said, headers = service.post("status.csv", status("A1", "A2"))
    assert (code, said["published"]) == (200, service.warehouse.publication())
    assert headers["Cache-Control"] == "no-store"
    (file,) = said["files"]
    assert (file["file"], file["rows_new"], file["version"]) == ("status.csv", 2, said["published"])
    (tmp_path / "status.csv").write_text(status("A1", "A2"))
    command = [sys.executable, "-m", "pipelines", "load", "--json", "--warehouse", str(tmp_path / "store")]
    printed = subprocess.run([*command, tmp_path / "status.csv"], cwd=ROOT, capture_output=True, text=True, check=True)
    printed_too = json.loads(printed.stdout)
    assert set(said) == set(printed_too)
    assert set(file) == set(printed_too["files"][0])
    assert service.spooled() == []

    code, said, _ = service.post("status.csv", status("A1", "A2"))
    assert (code, said["published"], said["has_news"]) == (200, None, False)


def test_files_of_a_form_are_one_publication(service: Service) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("inner.csv", status("B3"))
    code, said, _ = service.form(
        ("b1.csv", status("B1").encode()),
        ("programs.csv", b"program_id,program_name\nBP,B\n"),
        ("b.zip", packed.getvalue()),
    )
    assert code == 200
    assert {file["version"] for file in said["files"]} == {said["published"]}
    assert {file["file"] for file in said["files"]} == {"b1.csv", "programs.csv", "b.zip/inner.csv"}


def test_problems_are_located_and_nothing_is_published(service: Service) -> None:
    before = service.loads()
    code, said, _ = service.form(("good.csv", status("C1").encode()), ("bad.csv", bad("C2").encode()))
    assert (code, said["published"]) == (422, None)
    (problem,) = next(file for file in said["files"] if file["file"] == "bad.csv")["problems"]
    assert (problem["row"], problem["column"], problem["value"]) == (3, "status_date", "no date")
    assert problem["fix"]
    code, said, _ = service.post("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0")
    assert (code, "PNG" in said["files"][0]["problems"][0]["message"]) == (422, True)
    assert (service.loads(), service.spooled()) == (before, [])


def test_what_is_asked_for_is_done(service: Service) -> None:
    before = service.loads()
    code, said, _ = service.post("dry.csv", status("D1"), "&dry_run=true")
    assert (code, said["published"], said["files"][0]["rows_new"]) == (200, None, 1)
    assert service.post("dry.csv", bad("D1"), "&dry_run=1")[0] == 422
    assert service.loads() == before
    code, said, _ = service.post("part.csv", bad("D2"), "&quarantine=yes&source=Finance%20office")
    (file,) = said["files"]
    assert (code, file["rows_loaded"], file["rows_rejected"], file["source"]) == (200, 1, 1, "Finance office")
    undated = "project_id,reported_health\nD3,green\n"
    code, said, _ = service.post("undated.csv", undated, "&set=status_date%3D2026-11-06&as=status")
    assert (code, said["files"][0]["rows_new"]) == (200, 1)
    both = HEADER + "D4,05/06/2026,green\n"
    assert service.post("both.csv", both, "&dry_run=true&date_order=dmy")[0] == 200


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("&dryrun=true", "dryrun is not an option"),
        ("&dry_run=maybe", "dry_run cannot be 'maybe'"),
        ("&dry_run=", "dry_run cannot be ''"),
        ("&dry_run=true&dry_run=false", "more than once"),
        ("&as=budget", "as cannot be 'budget'"),
        ("&profile=nothing", "mapping named nothing"),
        ("&profile=", "has no value"),
        ("&set=status_date", "set is not an option, or has no value"),
        ("&wait=perhaps", "wait cannot be"),
        ("&%1b[31m=1", "?[31m is not an option"),
    ],
)
def test_what_is_not_there_cannot_be_asked_for(service: Service, options: str, said: str) -> None:
    before = service.loads()
    code, answer, _ = service.post("a.csv", status("E1"), options)
    assert (code, said in answer["error"], answer["files"]) == (400, True, []), answer
    assert (service.loads(), service.spooled()) == (before, [])


def test_a_request_without_files_says_how(service: Service) -> None:
    assert service.ask("", b"x", Content_Type="text/csv")[1]["error"] == "the file has no name"
    assert service.form()[1]["error"] == "the form holds no file"
    assert "field that is no file: dry_run" in service.form(("a.csv", b""), field="dry_run")[1]["error"]
    code, said, _ = service.ask("", b"nonsense", Content_Type="multipart/form-data")
    assert (code, said["error"].startswith("the form cannot be read")) == (400, True)
    code, said, _ = service.ask("", b"--b\r\nnonsense", Content_Type="multipart/form-data; boundary=b")
    assert code == 400
    code, said, _ = service.post("a.csv", b"\x1f\x8b", Content_Encoding="gzip")
    assert (code, said["error"]) == (400, "the request is compressed")
    assert service.spooled() == []


@pytest.mark.parametrize("name", ["../../escape.csv", "/etc/escape.csv", "C:\\x\\escape.csv", "..\\escape.csv"])
def test_a_name_leads_nowhere(service: Service, name: str) -> None:
    for code, said, _ in (
        service.post(name, status("F1"), "&dry_run=true"),
        service.form((name.replace("\\", "\\\\"), status("F1").encode()), options="?dry_run=true"),
    ):
        assert (code, said["files"][0]["file"]) == (200, "escape.csv")
    # Nothing of that name stays, within the store's folder or out of it; the inbox is swept as an answer leaves.
    for _ in range(100):
        if not any("escape.csv" in names for _, _, names in os.walk(service.warehouse.folder.parent)):
            return
        time.sleep(0.05)
    pytest.fail("the file stays")


@pytest.mark.parametrize(
    "name", ["<b>\x1b[31m\0.csv", "x" * 500 + ".csv", "漢" * 300, "\u202egpj.csv", "=cmd().csv", " "]
)
def test_any_name_is_taken(service: Service, name: str) -> None:
    code, said, _ = service.post(name, status("G1"), "&dry_run=true")
    if not name.strip():
        assert code == 400
        return
    assert code == 200
    assert said["files"][0]["file"].isprintable()
    assert len(said["files"][0]["file"]) <= 200


def test_what_is_too_large_is_refused(service: Service) -> None:
    host = service.address.removeprefix("http://")
    for size, kind, is_stated in (
        (api.MOST_BYTES + 1, "text/csv", True),
        (api.MOST_FILE_BYTES + 1, "text/csv", False),
    ):
        con = HTTPConnection(host, timeout=120)
        con.putrequest("POST", "/api/exports?name=big.csv")
        con.putheader("Authorization", f"Bearer {TOKEN}")
        con.putheader("Content-Type", kind)
        if is_stated:
            con.putheader("Content-Length", str(size))
            con.endheaders()
        else:
            con.putheader("Transfer-Encoding", "chunked")
            con.endheaders()
            block = b"x" * (1 << 20)
            try:
                for _ in range(size // len(block) + 1):
                    con.send(b"%x\r\n%s\r\n" % (len(block), block))
                con.send(b"0\r\n\r\n")
            except OSError:  # it has answered already
                pass
        answer = con.getresponse()
        said = json.load(answer)
        assert (answer.status, said["fix"]) == (413, "Send at most 200 MB a file and 500 MB in all.")
        con.close()
    until(lambda: service.spooled() == [])


def test_a_ticket_leads_to_the_answer(service: Service) -> None:
    code, said, headers = service.post("later.csv", bad("H1"), "&wait=false")
    assert (code, headers["Location"]) == (202, f"/api/exports/{said['ticket']}")
    assert said["state"] in ("waiting", "running", "done")
    until(lambda: service.ask(f"/{said['ticket']}")[0] != 202)
    for _ in range(2):
        code, answer, _ = service.ask(f"/{said['ticket']}")
        assert (code, answer["files"][0]["file"]) == (422, "later.csv")
    assert service.ask("/no-such-ticket")[0] == 404
    until(lambda: not [file for file in service.spooled() if file.name == "later.csv"])


def test_requests_at_once_are_all_done(service: Service) -> None:
    before = service.warehouse.publication()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: service.post(f"par{n}.csv", status(f"I{n}")), range(8)))
    assert [code for code, *_ in answers] == [200] * 8
    assert sorted(said["published"] for _, said, _ in answers) == list(range(before + 1, before + 9))
    assert health(service.address)[0] == 200


def test_a_store_that_another_writes_is_said_to_be_busy(service: Service) -> None:
    with FileLock(service.warehouse.facts.folder / "LOCK"):
        code, said, headers = service.post("busy.csv", status("J1"))
    assert (code, headers["Retry-After"]) == (503, "30")
    assert "is being written" in said["error"]
    assert service.post("busy.csv", status("J1"))[0] == 200


def test_who_hangs_up_leaves_nothing(service: Service) -> None:
    before = service.loads()
    con = HTTPConnection(service.address.removeprefix("http://"), timeout=30)
    con.putrequest("POST", "/api/exports?name=cut.csv")
    con.putheader("Authorization", f"Bearer {TOKEN}")
    con.putheader("Content-Length", "1000")
    con.endheaders()
    con.send(status("K1").encode())
    con.close()
    until(lambda: not [file for file in service.spooled() if file.name == "cut.csv"])
    assert service.loads() == before
