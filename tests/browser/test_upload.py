"""Upload in a real browser: real files in, what was understood, what is wrong, what would change, publish, receipt."""

import csv
import io
import shutil
import uuid
import zipfile
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from pipelines.warehouse import Warehouse
from tests.browser.conftest import Serve
from tests.browser.places import pick
from tests.browser.test_pages import headline

pytestmark = pytest.mark.browser

LONG = "x" * 500
HOSTILE = f"![x](http://example.com/a.png) <b>bold</b> $x$ עברית 漢字 😀 {LONG}"


def write(folder: Path, name: str, text: str) -> Path:
    """A file of this name; names may be the same in different tests."""
    place = folder / str(len(list(folder.iterdir())))
    place.mkdir()
    path = place / name
    path.write_text(text, "utf-8")
    return path


def drop(page: Page, *files: Path) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.locator("input[type=file]").first.set_input_files(files)


def idle(page: Page) -> None:
    """Wait for the checks that a click began: what is clicked before may be drawn anew under the pointer."""
    page.wait_for_timeout(500)
    for job in ("busy", "weighing"):
        expect(page.locator(f".st-key-{job}")).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def choose(page: Page, control: str, option: str) -> None:
    """Choose from a list, once no check is under way that would draw it anew."""
    idle(page)
    pick(page.get_by_role("combobox", name=control).first, page.get_by_role("option", name=option).first)


def row_of(page: Page, text: str) -> list[str]:
    """The cells of the row of a short table that holds this text."""
    cells = page.get_by_role("row").filter(has_text=text).first.get_by_role("cell")
    expect(cells.first).to_be_visible()
    return cells.all_inner_texts()


def published(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with Warehouse(folder / "warehouse").reading() as reading:
        return reading.cursor().sql(sql).fetchall()


def test_a_clean_file_is_published_and_its_receipt_kept(site: str, folder: Path, page: Page) -> None:
    file = write(
        folder, "week.csv", "project_id;status_date;rag;budget;team\nC1;13/11/2026;g;1.000,50;a\nC2;13/11/2026;r;2;b\n"
    )
    page.goto(f"{site}/upload")
    headline(page, "Drop your exports")
    drop(page, file)
    headline(page, "week.csv is ready to publish: 2 new rows")
    assert row_of(page, "13/11/2026") == ["status_date", "status date", "13/11/2026", "13 Nov 2026"]
    assert row_of(page, "1.000,50") == ["budget", "budget", "1.000,50 | 2", "1,000.5"]
    expect(page.get_by_text("Not used: team")).to_be_visible()
    expect(page.get_by_text("cells parted by semicolon, header in row 1, 2 rows")).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).click()
    headline(page, "Published: 2 new rows from week.csv")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as text").click()
    receipt = Path(download.value.path()).read_text("utf-8")
    number, load_id = published(folder, "select publication, load_id from load_event order by all desc")[0]
    assert f"publication {number}" in receipt
    assert f"load {load_id}, status, 2 rows read: 2 new" in receipt
    # Elsewhere and back: the receipt still stands.
    page.get_by_role("link", name="Settings").click()
    headline(page, "rules")
    page.get_by_role("link", name="Upload").click()
    headline(page, "Published: 2 new rows")
    page.get_by_role("button", name="See the load").click()
    headline(page, f"Load {load_id} brought 2 rows from week.csv")


def test_the_same_file_again_changes_nothing(site: str, folder: Path, page: Page) -> None:
    file = write(folder, "again.csv", "project_id,status_date,rag\nA1,2026-11-13,g\n")
    page.goto(f"{site}/upload")
    drop(page, file)
    page.get_by_role("button", name="Publish", exact=True).click()
    headline(page, "Published: 1 new row from again.csv")
    page.get_by_role("button", name="Load another file").click()
    drop(page, file)
    headline(page, "again.csv is loaded already: nothing would change")
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()
    expect(page.get_by_text("There is nothing to publish")).to_be_visible()


def test_what_would_be_restated_is_shown_and_published(site: str, folder: Path, page: Page) -> None:
    first = "project_id,status_date,rag,budget\nR1,2026-11-13,g,100\nR2,2026-11-13,g,100\n"
    page.goto(f"{site}/upload")
    drop(page, write(folder, "first.csv", first))
    page.get_by_role("button", name="Publish", exact=True).click()
    headline(page, "Published")
    page.get_by_role("button", name="Load another file").click()
    drop(page, write(folder, "second.csv", first.replace("R1,2026-11-13,g", "R1,2026-11-13,r")))
    headline(page, "second.csv is ready to publish: 1 restated row")
    expect(page.get_by_text("1 row would be restated: reported health in 1")).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).click()
    headline(page, "Published: 1 restated row from second.csv")
    asked = "select reported_health from fct_status where project_id = 'R1' and is_reported"
    assert published(folder, asked) == [("red",)]


def test_rejected_rows_are_located_downloaded_mended_or_kept_aside(site: str, folder: Path, page: Page) -> None:
    header = "project_id,status_date,rag,budget,comment"
    text = f'{header}\nJ1,2026-11-13,g,1,\nJ2,2026-11-13,purple,=1+1,"{HOSTILE}"\n,2026-11-13,g,1,\n'
    page.goto(f"{site}/upload")
    drop(page, write(folder, "bad.csv", text))
    headline(page, "2 of 3 rows of bad.csv cannot be loaded as they stand")
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()
    expect(page.get_by_text("Publish opens when every row is good")).to_be_visible()
    assert row_of(page, "not a number")[1:3] == ["budget\n=1+1", "3"]
    assert row_of(page, "Project id is empty")[2:] == ["4", "Fill in project id, or delete the row."]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all as CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert [(row["row"], row["value"]) for row in rows if row["column"] == "budget"] == [("3", "'=1+1")]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all as Excel").click()
    sheet = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes())).active
    assert sheet is not None
    assert [cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row if cell.value == "'=1+1"] == ["s"]
    # A mended file of the same name takes its place.
    drop(page, write(folder, "bad.csv", f"{header}\nJ1,2026-11-13,g,1,\nJ2,2026-11-13,r,2,\n,2026-11-13,g,1,\n"))
    headline(page, "1 of 3 rows of bad.csv cannot be loaded as it stands")
    page.get_by_role("button", name="Publish 2 good rows, keep 1 aside").click()
    headline(page, "Published: 2 new rows from bad.csv")
    expect(page.get_by_text("1 row kept aside, to be mended")).to_be_visible()
    expect(page.get_by_role("button", name="See the 1 row kept aside")).to_be_visible()
    asked = "select project_id from fct_status where project_id like 'J%' order by all"
    assert published(folder, asked) == [("J1",), ("J2",)]


def test_rows_of_another_shape_come_whole_and_the_sample_would_make_room(
    serve: Serve, sample: Path, tmp_path: Path, folder: Path, page: Page
) -> None:
    shutil.copytree(sample, tmp_path / "with-sample")
    address = serve(warehouse=tmp_path / "with-sample")
    text = "project_id,status_date,rag\nS1,2026-11-13,g\nS2,2026-11-13\nS3,2026-11-13,r,x,y\n"
    page.goto(f"{address}/upload")
    drop(page, write(folder, "shape.csv", text))
    page.get_by_role("heading", name="2 of 3 rows of shape.csv cannot be loaded").wait_for(timeout=120_000)
    expect(page.get_by_text("the sample organisation makes room")).to_be_visible()
    # Beside a made-up organisation, the effect on the figures says nothing.
    expect(page.get_by_role("heading", name="Your first exports put the sample aside")).to_be_visible()
    expect(page.get_by_role("button", name="Show the effect")).to_have_count(0)
    page.get_by_text("Row by row").click()
    assert row_of(page, "S3,2026-11-13,r,x,y")[:2] == ["4", ""]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the rejected rows").click()
    rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert [(row[0], *row[2:4], len(row)) for row in rows] == [
        ("row", "project_id", "status_date", 5),
        ("3", "S2", "2026-11-13", 4),
        ("4", "S3", "2026-11-13", 7),
    ]


def test_dates_that_read_both_ways_are_asked_and_a_wrong_order_is_corrected(
    site: str, folder: Path, page: Page
) -> None:
    page.goto(f"{site}/upload")
    drop(page, write(folder, "dates.csv", "project_id,status_date,rag\nD1,06/11/2026,g\nD2,07/11/2026,g\n"))
    headline(page, "dates.csv can be read in two ways: say which")
    page.get_by_role("button", name="The month").click()
    headline(page, "dates.csv is ready to publish: 2 new rows")
    idle(page)
    assert row_of(page, "06/11/2026")[3] == "11 Jun 2026"
    page.get_by_text("How the file is read, and why").click()
    choose(page, "Order of dates", "Day first")
    expect(page.get_by_role("cell", name="6 Nov 2026", exact=True)).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).click()
    headline(page, "Published")
    assert published(folder, "select status_date::varchar from fct_status where project_id = 'D1'") == [("2026-11-06",)]


def test_a_missing_date_is_given_for_every_row(site: str, folder: Path, page: Page) -> None:
    page.goto(f"{site}/upload")
    drop(page, write(folder, "undated 2026-11-13.csv", "project_id,rag\nU1,g\n"))
    headline(page, "undated 2026-11-13.csv does not say the status date yet")
    page.get_by_role("button", name="13 Nov 2026, as its name says").click()
    headline(page, "undated 2026-11-13.csv is ready to publish: 1 new row")
    page.reload()  # what was given stays
    headline(page, "undated 2026-11-13.csv is ready to publish: 1 new row")
    idle(page)
    page.get_by_text("How the file is read, and why").click()
    expect(page.get_by_text("status date is 2026-11-13 in every row")).to_be_visible()
    page.wait_for_timeout(1_000)  # while the panel glides open
    page.get_by_role("button", name="Take it back").click()
    headline(page, "undated 2026-11-13.csv does not say the status date yet")
    page.get_by_text("Which column of undated 2026-11-13.csv tells the status date").wait_for()
    idle(page)
    page.get_by_role("spinbutton", name="year, status date in every row").first.click()
    page.keyboard.type("20261106")
    for _ in range(2):  # over the calendar's button, out of the field
        page.keyboard.press("Tab")
    headline(page, "undated 2026-11-13.csv is ready to publish: 1 new row")


def _locked(path: Path) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(2048)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("report.csv", b"%PDF-1.7 some text", "looks like a PDF document"),
        ("empty.csv", b"", "is empty"),
        ("page.xls", b"<html><table><tr><td>a</td></tr></table></html>", "looks like a web page"),
        ("locked.xlsx", _locked(Path()), "password"),
    ],
)
def test_a_file_that_cannot_be_read_says_so_once_with_the_fix(
    site: str, folder: Path, page: Page, name: str, content: bytes, says: str
) -> None:
    file = write(folder, name, "")
    file.write_bytes(content)
    page.goto(f"{site}/upload")
    drop(page, file)
    headline(page, f"{name} cannot be read")
    cells = row_of(page, says)
    assert cells[3]
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()


def test_hostile_names_and_cells_are_shown_as_text(site: str, folder: Path, page: Page) -> None:
    # The fixture fails the test on any request that leaves localhost.
    name = "![x](http:example.com) <img src=x onerror=alert(1)> $x$ עברית 漢字 😀.csv"
    header = "<b>team</b> ![y](http://example.com/b.png)"
    text = f'project_id,status_date,rag,comment,"{header}"\nH1,2026-11-13,g,"{HOSTILE}","{HOSTILE}"\n'
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site}/upload")
    drop(page, write(folder, name, text))
    headline(page, f"{name} is ready to publish")
    expect(page.get_by_text(f"Not used: {header}")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.locator("[data-testid=stMain] img")).to_have_count(0)
    page.get_by_role("button", name="Publish", exact=True).click()
    headline(page, f"Published: 1 new row from {name}")
    page.get_by_role("button", name="See the load").click()
    headline(page, f"brought 1 row from {name}")
    expect(page.locator("[data-testid=stMain] img")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_two_who_publish_at_once_both_end_well(site: str, folder: Path, page: Page) -> None:
    # Each page is a session of its own. Names of this attempt alone: what an earlier one published would be no news.
    mark = f"T{uuid.uuid4().hex}"
    pages = [page, page.context.new_page()]
    for number, one in enumerate(pages):
        one.goto(f"{site}/upload")
        rows = f"project_id,status_date,rag\n{mark},2026-11-13,g\n{mark}-{number},2026-11-13,g\n"
        drop(one, write(folder, f"tab{number}.csv", rows))
        headline(one, f"tab{number}.csv is ready to publish: 2 new rows")
    for one in pages:
        one.get_by_role("button", name="Publish", exact=True).click()
    for one in pages:
        headline(one, "Published: ")
    # Whoever comes first brings the row that both have; the other is told that it was so.
    said = [one.get_by_role("heading", level=1).inner_text().partition(" from ")[0] for one in pages]
    assert sorted(said) == ["Published: 1 new row", "Published: 2 new rows"]
    for one, words in zip(pages, said, strict=True):
        told = one.get_by_text("Somebody else published since the check")
        expect(told).to_have_count(1 if words == "Published: 1 new row" else 0)
    asked = f"select count(*) from fct_status where project_id like '{mark}%'"
    assert published(folder, asked) == [(3,)]


def test_a_workbook_with_two_exports_is_one_publication(site: str, folder: Path, page: Page) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Status"
    for row in (["project_id", "status_date", "rag"], ["X1", "2026-11-13", "green"]):
        sheet.append(row)
    other = book.create_sheet("Projects")
    for row in (["project_id", "project_name", "budget"], ["X1", "Bridge", 5]):
        other.append(row)
    file = write(folder, "book.xlsx", "")
    book.save(file)
    assert zipfile.is_zipfile(file)
    page.goto(f"{site}/upload")
    drop(page, file)
    headline(page, "book.xlsx is ready to publish: 2 new rows")
    for text in ("sheet Projects is read as projects", "sheet Status is read as status reports"):
        expect(page.get_by_role("heading", name=text)).to_be_visible()


def test_a_mended_file_takes_its_place_among_several(site: str, folder: Path, page: Page) -> None:
    good, bad = (f"project_id,status_date,rag\nM{number},2026-11-13,{rag}\n" for number, rag in ((1, "g"), (2, "plum")))
    page.goto(f"{site}/upload")
    drop(page, write(folder, "good.csv", good), write(folder, "mend.csv", bad))
    headline(page, "1 of 1 row of mend.csv cannot be loaded as it stands; the other file is good")
    expect(page.get_by_role("button", name="Leave mend.csv out")).to_be_visible()
    assert "mend.csv" in row_of(page, "a value that is not known")[0]
    drop(page, write(folder, "mend.csv", bad.replace("plum", "r")))
    headline(page, "2 files are ready to publish: 2 new rows")
    page.get_by_role("button", name="Publish", exact=True).click()
    headline(page, "Published: 2 new rows from 2 files")


def test_nothing_stays_in_the_inbox(site: str, folder: Path, page: Page) -> None:
    inbox = folder / "warehouse" / "inbox"
    before = {*inbox.iterdir()}
    page.goto(f"{site}/upload")
    drop(page, write(folder, "left.csv", "project_id,status_date,rag\nL1,2026-11-13,purple\n"))
    headline(page, "1 of 1 row of left.csv cannot be loaded")
    (batch,) = {*inbox.iterdir()} - before
    link = f"{site}/upload?upload={batch.name}"
    expect(page).to_have_url(link)
    idle(page)
    page.get_by_role("button", name="Start over").click()
    headline(page, "Drop your exports")
    expect(page).to_have_url(f"{site}/upload")
    assert not batch.exists()
    page.goto(link)
    expect(page.get_by_text("The upload of this address is over")).to_be_visible()


def test_before_there_is_a_file_templates_teach(site: str, page: Page) -> None:
    page.goto(f"{site}/upload")
    with page.expect_download() as download:
        page.get_by_role("button", name="status.csv").click()
    assert Path(download.value.path()).read_text("utf-8-sig").startswith("project_id,")
    page.get_by_text("What each export may hold", exact=True).click()
    expect(page.get_by_role("cell", name="reported_health").first).to_be_visible()


def test_a_zip_is_opened_its_files_are_ordered_and_asked_about_one_by_one(site: str, folder: Path, page: Page) -> None:
    file = write(folder, "week.zip", "")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("b status.csv", "project_id,status_date,rag\nZ1,2026-11-13,g\n")
        archive.writestr("sub/projects.csv", "project_id,project_name,budget\nZ1,Bridge,5\n")
        archive.writestr("logo.png", b"\x89PNG")
        archive.writestr("dates.csv", "project_id,status_date,rag\nZ2,06/11/2026,g\n")
        archive.writestr("sub/broken.csv", b"%PDF-1.7 some text")
    page.goto(f"{site}/upload")
    drop(page, file)
    page.get_by_role("button", name="Leave week.zip/sub/broken.csv out").click()
    headline(page, "week.zip/dates.csv can be read in two ways: say which")
    page.get_by_role("button", name="The day", exact=True).click()
    headline(page, "5 files are ready to publish: 3 new rows")
    expect(page.get_by_role("heading", name="5 files, in this order")).to_be_visible()
    expect(page.locator(".st-key-card-files").get_by_role("cell", name="left alone")).to_have_count(2)
    assert row_of(page, "projects.csv")[:3] == ["1", "week.zip/sub/projects.csv", "projects"]
    page.get_by_role("button", name="Publish", exact=True).click()
    headline(page, "Published: 3 new rows")
    asked = "select status_date::varchar from fct_status where project_id = 'Z2'"
    assert published(folder, asked) == [("2026-11-06",)]


def test_what_is_no_export_in_a_folder_is_left_out_by_a_click(site: str, tmp_path: Path, page: Page) -> None:
    place = tmp_path / "a folder"
    (place / "sub").mkdir(parents=True)
    (place / "status.csv").write_text("project_id,status_date,rag\nF1,2026-11-13,g\n", "utf-8")
    (place / "sub" / "more.csv").write_text("project_id,status_date,rag\nF2,2026-11-13,g\n", "utf-8")
    (place / "notes.pdf").write_bytes(b"%PDF-1.7 notes")
    (place / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    page.goto(f"{site}/upload")
    page.get_by_text("Take a whole folder").click()
    page.locator(".st-key-drop-folder input[type=file]").set_input_files(place)
    headline(page, "notes.pdf, of 3 files, cannot be read")
    page.get_by_role("button", name="Leave a folder/notes.pdf out").click()
    headline(page, "2 files are ready to publish: 2 new rows")
