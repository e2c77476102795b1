"""What the sample's reporters write: one list of texts, and where in it each event's texts stand."""

# Each project has one cause of trouble, so that its comments agree with one another.
CAUSES = (
    ("vendor", "the vendor delivers later than agreed"),
    ("staffing", "two key roles are still open"),
    ("scope", "requirements grew after the first demo"),
    ("data migration", "the data migration takes more passes than planned"),
    ("testing", "defects from integration testing"),
    ("security review", "the security review took longer than planned"),
    ("dependency", "an interface of another team is not ready"),
    ("site access", "access to the sites was limited"),
)
# Before the work is under way, a cause that shows itself later gives way to one that does not.
EARLY_CAUSE = (0, 1, 2, 2, 1, 5, 6, 1)
# What the work is about, when nothing is wrong.
PARTS = (
    "the core scope",
    "reporting",
    "the interfaces",
    "the data load",
    "training",
    "the pilot sites",
    "access rights",
    "the support process",
)
VARIANTS = 4
MOST_WEEKS = 12

# {cause} is a clause ("the vendor delivers ..."), {word} one word for it, {part} a part of the work.
_TEXTS = {
    "idea": (
        "Idea registered; {part} is the main open point.",
        "Registered as an idea by the business.",
        "Idea handed in after the annual planning.",
        "Registered; first estimate of {part} to come.",
    ),
    "candidate": (
        "Business case handed in to the portfolio board.",
        "Candidate: case and estimate are complete.",
        "Case under review, {part} estimated twice.",
        "Pre-study done; now a candidate for funding.",
    ),
    "approved": (
        "Approved by the portfolio board.",
        "Approved and funded; start date agreed.",
        "Portfolio board approved the case and the budget.",
        "Approved; the team is being put together.",
    ),
    "started": (
        "Kick-off held, work has begun.",
        "Team complete, work has begun.",
        "Started with {part}.",
        "Work has begun as planned with the sponsor.",
    ),
    "resumed": (
        "Resumed: the team is back.",
        "Work goes on after the pause, by decision of the portfolio board.",
        "Pause is over, finish date revised.",
        "Resumed with next year's budget.",
    ),
    "early": (
        "Workshops on {part} under way.",
        "Requirements for {part} agreed.",
        "Design review of {part} passed.",
        "Plan for {part} agreed with all parties.",
    ),
    "middle": (
        "Work on {part} goes as planned.",
        "{Part} shown to users, few remarks.",
        "First tests of {part} run clean.",
        "Milestone for {part} reached as planned.",
    ),
    "late": (
        "Acceptance test of {part} under way.",
        "Rollout plan agreed; {part} ready.",
        "Pilot group is live, good feedback on {part}.",
        "Handing over {part} to operations.",
    ),
    "troubled": (
        "Recovery actions continue: {cause}.",
        "Working down the backlog, {cause}.",
        "No change since the last report, {cause}.",
        "Weekly call on {word} set up with all parties.",
    ),
    "worried": (
        "Dates hold, but {part} needs attention.",
        "On plan so far; not yet sure about {part}.",
        "Risk on {part}, mitigation agreed.",
        "Team is stretched, {part} is done in overtime.",
    ),
    "hopeful": (
        "A little behind, we expect to catch up next month.",
        "Working on it: {cause}. Still confident.",
        "Recovery plan in place, no escalation needed.",
        "Some pressure ({word}), managed within the team.",
    ),
    "cost": (
        "Forecast cost raised: {cause}.",
        "Extra contractor months added, {cause}.",
        "More effort than estimated ({word}).",
        "Cost forecast up after re-estimating the rest of the work.",
    ),
    "to_amber": (
        "Now amber: {cause}.",
        "Amber. Buffer is used up, {cause}.",
        "Amber until the {word} question is settled.",
        "Moved to amber after the monthly check.",
    ),
    "to_red": (
        "Red: {cause}, and the plan does not hold any more.",
        "Red. We need a decision on scope or date.",
        "Escalated to the steering group: {cause}.",
        "Red. Options with cost and date come to the next review.",
    ),
    "to_green": (
        "Back on track.",
        "Green again, the catch-up plan worked.",
        "The {word} question is settled.",
        "Forecast holds for several weeks now, back to green.",
    ),
    "waiting": (
        "Start is delayed, {cause}.",
        "Not started yet: staffing from other projects not released.",
        "Waiting for the team to be released.",
        "Start postponed, the date is under review.",
    ),
    "hold": (
        "On hold until next year's budget is settled.",
        "On hold by decision of the portfolio board.",
        "Team lent to another project, work is paused.",
        "On hold; the supplier's contract is being renegotiated.",
    ),
    "done": (
        "Finished and handed over to operations.",
        "Closed. Lessons learned recorded.",
        "Go-live done, project closed.",
        "Delivered; the last open points went to the line team.",
    ),
    "cancelled": (
        "Stopped by the portfolio board, the case no longer holds.",
        "Cancelled: the need is covered by another project.",
        "Cancelled after the pilot, results below the threshold.",
        "Stopped to free the team for higher priorities.",
    ),
}
_MOVED = (
    "Finish moves by {weeks}: {cause}.",
    "New forecast, {weeks} later ({word}).",
    "Replanned, {weeks} later than before; {cause}.",
    "{weeks} later: {cause}.",
)

EVENTS = (*_TEXTS, "moved")


def _table() -> list[str]:
    patterns = [text for event in _TEXTS for text in _TEXTS[event]]
    for weeks in range(1, MOST_WEEKS + 1):
        spoken = f"{weeks} week{'s' if weeks > 1 else ''}"
        patterns += [text.replace("{weeks}", spoken) for text in _MOVED]
    return [
        text.format(word=word, cause=cause, part=part, Part=part[0].upper() + part[1:])
        for text in patterns
        for (word, cause), part in zip(CAUSES, PARTS, strict=True)
    ]


TEXTS = _table()


def offset(event: str) -> int:
    """Where an event's first text stands in TEXTS; variants follow, each once for every cause."""
    return EVENTS.index(event) * VARIANTS * len(CAUSES)
