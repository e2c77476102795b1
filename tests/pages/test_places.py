"""What stands on a page keeps its place from run to run: else the browser draws it anew beside the old for a moment."""

import datetime as dt
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.load import Request, load
from pipelines.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[2]


def places(app: AppTest) -> list[tuple[int, str, str]]:
    """What stands where on the page, from the top."""
    return [(place, type(node).__name__, node.type) for place, node in app.main.children.items()]


@pytest.mark.parametrize("page", sorted(file.stem for file in (ROOT / "pages").glob("*.py")))
def test_what_stands_above_while_a_page_is_made_ready_moves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    file = tmp_path / "status.csv"
    file.write_text("project_id,status_date,reported_health\nP1,2026-11-20,green\n", "utf-8")
    assert load(Warehouse(tmp_path / "store"), Request([file]), today=dt.date(2026, 11, 21)).published
    monkeypatch.setenv("RIGHTWORK_WAREHOUSE", str(tmp_path / "store"))
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    if page != "overview":
        app.switch_page(f"pages/{page}.py")
    first = places(app.run())
    assert not app.exception
    assert places(app.run()) == first
