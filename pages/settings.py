"""Settings: the rules that judge, what other values would do, and what the organisation calls itself."""

import streamlit as st

from analytics import reading, rules
from analytics.rules import Standing
from components import answers, formats, frame, jobs, settings_view
from components.guard import current_person, guard
from pipelines.names import LONGEST, organisation, set_organisation
from pipelines.problems import RightworkError
from pipelines.rules import Value
from pipelines.rules import rules as every_rule
from pipelines.warehouse import Warehouse

JOB = "rules"
LONGEST_REASON = 300


def edit_rules(standing: Standing) -> dict[str, Value]:
    """The rules by group; the values that differ from those in force."""
    found: dict[str, Value] = {}
    for group, members in settings_view.groups().items():
        used = ", ".join(members[0].used_on)
        with frame.card(f"rules-{group.lower()}", group, f"Used on {used}"):
            for rule in members:
                found[rule.name] = settings_view.edit(rule, standing, standing.mark)
    edits = {name: value for name, value in found.items() if value != standing.values[name]}
    settings_view.remember(standing, edits)
    return edits


def show_effect(standing: Standing, edits: dict[str, Value], *, is_overtaken: bool) -> None:
    """What the edits would do to the latest review, before they are saved."""
    choices = answers.latest()
    day = choices.review_dates[-1] if choices and choices.review_dates else None
    if wrong := settings_view.contradiction(standing.values | edits):
        with frame.card("effect", "These values do not go together", wrong):
            discard(standing, edits)
        return
    if day is None:
        with frame.card("effect", "Nothing is loaded yet", "The rules will hold for the first load and all after it"):
            save(standing, edits, is_overtaken=is_overtaken)
        return
    found = answers.ask_latest(rules.effect, day, tuple(sorted(edits.items())))
    about = f"If the review of {formats.day(day)} were seen with these rules; nothing is saved yet"
    with frame.card("effect", settings_view.effect_title(found), about):
        settings_view.show_effect(found)
        save(standing, edits, is_overtaken=is_overtaken)
        settings_view.show_projects(found)
        settings_view.show_programs(found)


def save(standing: Standing, edits: dict[str, Value], *, is_overtaken: bool) -> None:
    """The reason, and the button that saves; not where somebody else changed the rules since they were looked at."""
    settings_view.show_edits(standing, edits)
    person = current_person()
    who = person.name if person.is_verified else f"{person.name} (unverified)"
    with st.form("save-rules", border=False):
        why = st.text_input("Reason", max_chars=LONGEST_REASON, placeholder="Kept with the change")
        with st.container(horizontal=True, vertical_alignment="center"):
            label = "Save the change" if len(edits) == 1 else f"Save {len(edits)} changes"
            wanted = st.form_submit_button(label, type="primary")
            put_back = (standing, list(edits), standing.mark)
            st.form_submit_button("Discard", on_click=settings_view.put_back, args=put_back)
    if is_overtaken:
        settings_view.remark("The rules were changed meanwhile. Look at what is in force now, then save yours.")
        return
    if wanted and why.strip():
        jobs.submit(JOB, "set_rules", changes=edits, why=why.strip())
        st.rerun()
    settings_view.remark("Say why first: the reason is kept with the change." if wanted else f"Recorded as by {who}.")


def discard(standing: Standing, edits: dict[str, Value]) -> None:
    """The button that gives the edits up."""
    place = standing.mark
    st.button("Discard", key="discard-rules", on_click=settings_view.put_back, args=(standing, list(edits), place))


def show_outcome() -> bool:
    """A change on its way, or what came of it; whether one is on its way."""
    job = jobs.current(JOB)
    if job is None:
        return False
    if not jobs.follow(job, can_stop=False):
        return True
    if job.state == "done":
        settings_view.notice(f"Saved as publication {job.result}. What was known before it keeps the rules of then.")
    else:
        error = job.error or RightworkError("The change was stopped", "Nothing was changed; save it again.")
        settings_view.notice(f"Nothing was changed: {error.sentences}")
    return False


def name_organisation() -> None:
    """The organisation's name."""
    place = Warehouse()
    with frame.card("name", "Organisation", "Shown above the navigation, in the browser's tab and on printed pages"):
        given = st.text_input("Name", organisation(place), max_chars=LONGEST, placeholder="Rightwork")
        if st.button("Save the name", key="save-name"):
            try:
                set_organisation(place, given)
            except RightworkError as error:
                settings_view.notice(f"The name was not saved: {error.sentences}")
                return
            st.rerun()


guard()
version = answers.version()
standing = (
    answers.ask_latest(rules.standing)
    if version
    else Standing({name: rule.shipped for name, rule in every_rule().items()}, ())
)
frame.header(
    settings_view.headline(standing),
    ["A change holds for what is known from then on", "earlier publications keep the rules that they were seen with"],
    is_sample=bool(version) and answers.ask_latest(reading.is_sample),
)
is_saving = show_outcome()
is_overtaken = settings_view.carry(standing)
left, right = st.columns([8, 5])
with left:
    edits = edit_rules(standing)
    name_organisation()
with right, st.container(key="beside-rules"):
    if edits and not is_saving:
        jobs.forget(JOB)
        show_effect(standing, edits, is_overtaken=is_overtaken)
    elif not is_saving:
        about = "Which projects and programs would change colour, and their money, before anything is saved"
        with frame.card("effect", "Change a value to see what it would do", about):
            pass
if standing.changes:
    with frame.card("changes", "How the rules came to be", "Every change, the latest first"):
        settings_view.show_changes(standing.changes)
