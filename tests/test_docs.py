"""What there is, is documented: commands and their options, settings, contract columns, make targets."""

import argparse
import re
from pathlib import Path

import pytest

from pipelines.__main__ import _parser
from pipelines.profile import profiles
from pipelines.templates import dictionary

ROOT = Path(__file__).parents[1]
LOADING = (ROOT / "docs" / "loading.md").read_text("utf-8")
ROLES = ("leader", "pmo-analyst", "review-chair", "administrator")
TITLES = dict(re.findall(r'st\.Page\("pages/(\w+)\.py", title="([^"]+)"', (ROOT / "dashboard.py").read_text("utf-8")))


def commands() -> dict[str, argparse.ArgumentParser]:
    (subparsers,) = (a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(subparsers.choices)


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_documented(name: str) -> None:
    assert f"python -m pipelines {name}" in LOADING
    options = [text for action in commands()[name]._actions for text in action.option_strings if text.startswith("--")]
    assert [text for text in options if text not in LOADING and text != "--help"] == []


def test_the_data_dictionary_is_what_the_contracts_say() -> None:
    assert (ROOT / "docs" / "data-dictionary.md").read_text("utf-8").strip() == dictionary().strip()


def test_every_environment_variable_is_documented() -> None:
    code = "".join(f.read_text("utf-8") for f in ROOT.rglob("*.py") if ".venv" not in f.parts)
    known = LOADING + (ROOT / "docs" / "administrator.md").read_text("utf-8")
    assert sorted(name for name in set(re.findall(r"RIGHTWORK_[A-Z_]+", code)) if name not in known) == []


@pytest.mark.parametrize("page", sorted(path.stem for path in (ROOT / "pages").glob("*.py")))
def test_every_page_is_explained_to_somebody_with_its_picture(page: str) -> None:
    texts = [(ROOT / "docs" / f"{role}.md").read_text("utf-8") for role in ROLES]
    headings = [line for text in texts for line in text.splitlines() if line.startswith("## ")]
    assert any(TITLES[page] in heading for heading in headings)
    assert any(f"(screens/{page}-light.png)" in text for text in texts)


def test_the_readme_leads_every_role_to_its_page() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [role for role in ROLES if f"(docs/{role}.md)" not in readme] == []


def test_every_profile_says_what_it_was_tested_on() -> None:
    assert [p.name for p in profiles().values() if not p.tested or not p.origin] == []


def test_every_profile_is_listed_with_what_it_reads() -> None:
    assert [name for name in profiles() if f"| `{name}` |" not in LOADING] == []


def test_links_between_documents_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"
