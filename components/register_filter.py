"""The filters above the register of projects; the URL holds them."""

import streamlit as st

from analytics import projects
from analytics.portfolio import EVIDENCE
from analytics.projects import Filter
from components import answers, controls
from components.controls import View

GROUPS = {
    "": "All",
    "attention": "Needs attention",
    **{f"computed-{state}": f"Computed {state}" for state in ("red", "amber", "green", "unknown")},
    **{f"reported-{state}": f"Reported {state}" for state in ("red", "amber", "green")},
    "reported-unknown": "Not rated",
    "green-red": "Reported green, computed red",
    "pale": "Reported green, computed amber",
    "hidden-strength": "Reported red, computed green",
    "better-by-baseline": "Better by a new baseline alone",
    "rebaselined": "Re-baselined",
    "not-reported": "No fresh report",
    "stale": "Stale report",
    "never": "Never reported",
    "changed-entered": "Entered",
    "changed-moved-here": "Moved here",
    "changed-ended": "Ended",
    "changed-moved-away": "Moved away",
    "changed-newly-red": "Newly red",
    "changed-no-longer-red": "No longer red",
    "changed-newly-green-red": "Newly green over red",
    "changed-finish": "Forecast finish moved",
    "changed-cost": "Forecast cost moved",
    "changed-baseline": "Baseline changed",
    "changed-missed": "Milestones missed since",
    "changed-replanned": "Milestones planned anew",
    "changed-risk": "Risk rose",
    "changed-stage": "Stage changed",
    "changed-reported": "Reported since",
    **{
        f"{name}-{state}": f"{name.capitalize()} {state}"
        for name in EVIDENCE
        for state in ("red", "amber", "green", "unknown")
    },
}
STAGES = {"": "Live", **{stage: stage.capitalize() for stage in projects.STAGES}, projects.ANY_STAGE: "Any stage"}
SORTS = {
    "": "Most budget",
    "computed": "Worst computed",
    "reported": "Worst reported",
    "finish": "Latest against baseline",
    "cost": "Most over budget",
    "moved": "Finish moved most",
    "report": "Oldest report",
    "name": "Name",
}
LONGEST_NAME = 200  # that a link can ask for


def ask_filter(view: View) -> Filter:
    """The filters above the register; the URL holds them."""
    people = answers.ask(projects.sponsors, view.review_date, answers.scope(view))
    with st.container(key="register-filters"):
        search, health, stage, sponsor, sort = st.columns([4, 3, 2, 3, 3], vertical_alignment="bottom")
    with search:
        text = st.text_input(
            "Search", key="q", bind="query-params", placeholder="Name, id, program, sponsor", max_chars=100
        )
    with health:
        group = controls.page_choice("health", "Show", GROUPS)
    with stage:
        in_stage = controls.page_choice("stage", "Stage", STAGES)
    with sponsor:
        names = {name: name for name in people if len(name) <= LONGEST_NAME}
        who = controls.page_choice("sponsor", "Sponsor", {"": "Any sponsor", **names})
    with sort:
        order = controls.page_choice("sort", "Sorted by", SORTS)
    attribute, value = ask_attribute(view)
    return projects.filter_from(text or "", group, in_stage, who, order, attribute, value)


def ask_attribute(view: View) -> tuple[str, str]:
    """The attribute and its value that the register is narrowed to; nothing is asked where no project has any."""
    names = [name for name in answers.ask(projects.attribute_names, view.review_date) if len(name) <= LONGEST_NAME]
    if not names:
        return "", ""
    with st.container(key="register-attributes"):
        left, right, _ = st.columns([3, 3, 9], vertical_alignment="bottom")
    with left:
        listed = sorted(names, key=str.casefold)
        name = controls.page_choice(
            "attribute", "Attribute", {"": "Any attribute", **dict(zip(listed, listed, strict=True))}
        )
    if not name:
        return "", ""
    with right:
        values = [v for v in answers.ask(projects.attribute_values, view.review_date, name) if len(v) <= LONGEST_NAME]
        choices = {"": "Any value", **dict(zip(values, values, strict=True))}
        return name, controls.page_choice("value", name, choices)
