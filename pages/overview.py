"""Overview: how is the portfolio, what changed, what needs a decision?"""

from components import frame
from components.guard import guard

guard()

frame.empty(
    "The overview",
    [
        "Health of the live projects, by count and by budget, as reported and as computed, and its 26-week trend",
        "Budget, spent, forecast and variance",
        "The ten items that need attention, most money first, each with its reason",
    ],
    ["projects", "status"],
)
