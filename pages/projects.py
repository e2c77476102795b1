"""Projects: the register, and one project with every number back to its row."""

from components import frame
from components.guard import guard

guard()

frame.empty(
    "The register",
    [
        "Every project with its health, as reported and as computed, and its last 12 weeks",
        "One project: its status through time, earned value, milestones, risks and issues",
        "The file and row that each number came from",
    ],
    ["projects", "status", "milestones", "risks"],
)
