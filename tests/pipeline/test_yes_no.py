"""Yes and no, as tools and people of several languages write them."""

import pytest
from desk import Desk


@pytest.mark.parametrize(
    ("text", "critical"),
    [
        *((text, True) for text in ("x", "v", "✓", "✔", "Ja", "oui", "Sí", "WAHR", "vrai", "checked")),
        *((text, False) for text in ("✗", "nein", "Non", "FALSCH", "não", "unchecked", "☐")),
        ("", None),
    ],
)
def test_yes_and_no_in_other_words(text: str, critical: bool | None, desk: Desk) -> None:
    desk.try_load(f"project_id,project_name,critical\nP1,One,{text}\nP2,Two,no")
    assert desk.rows("select is_critical from fact_projects where project_id = 'P1'") == [(critical,)]


def test_other_words_are_asked_about(desk: Desk) -> None:
    (problem,) = desk.try_load("project_id,project_name,critical\nP1,One,vielleicht").files[0].problems
    assert (problem.rule, problem.row, problem.value) == ("is_critical_readable", 2, "vielleicht")
