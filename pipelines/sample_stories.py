"""The sample's planted troubles: which projects, when, what happened to them, and what their reporters wrote.

Weeks count back from the sample's last week: 0 is the last one, 10 is ten weeks before it.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Effect:
    """Between two weeks, how fast a project works and what it gets for its money, as factors of the plan."""

    from_week: int
    to_week: int
    speed: float
    efficiency: float = 1.0


@dataclass(frozen=True)
class Story:
    """What happens to one project.

    `age` and `weeks` place its baseline: weeks since its start, and planned length. `late_red` and the like are the
    weeks that its reporter waits before admitting a colour; `floor` and `cap` limit what is reported (0 green, 2 red),
    the floor from `floor_week` on.
    """

    age: int
    weeks: int
    budget: int
    effects: tuple[Effect, ...] = ()
    late_amber: int = 3
    late_red: int = 5
    floor: int = 0
    floor_week: int = 0
    cap: int = 2
    finish_share: float = 0.6
    cost_share: float = 0.5
    speed: float = 1.0
    efficiency: float = 1.0
    critical: bool = False
    cause: int = 0
    comments: dict[int, str] = field(default_factory=dict)


def _vendor(
    age: int, weeks: int, budget: int, since: int, cap: int, late_amber: int, comments: dict[int, str]
) -> Story:
    """A project that waits for the conveyor vendor: slips and overruns while its reporter stays calm."""
    return Story(
        age, weeks, budget, (Effect(since, 0, 0.42, 0.58),), late_amber=late_amber, late_red=60, cap=cap,
        finish_share=0.55, cost_share=0.55, cause=0, comments=comments,
    )  # fmt: skip


def _waits(age: int, weeks: int, budget: int, since: int, comments: dict[int, str]) -> Story:
    """A project of another program that waits for the customer identity platform."""
    return Story(
        age, weeks, budget, (Effect(since, 0, 0.35, 0.85),), late_amber=2, late_red=4,
        finish_share=0.6, cost_share=0.5, cause=6, comments=comments,
    )  # fmt: skip


STORIES: dict[str, Story] = {
    # Quiet trouble: one vendor's late control software holds up most of a program; nobody reports red.
    "Conveyor control upgrade": _vendor(44, 64, 6_400_000, 15, 1, 7, {
        14: "Vendor moved the controller delivery by two weeks.",
        11: "Controller firmware not accepted, next delivery expected in three weeks.",
        7: "Vendor asks for another month; we keep the plan for now.",
        3: "Third late delivery of the controllers. Teams wait, costs run on.",
        0: "No confirmed delivery date from the controls vendor.",
    }),
    "Goods-to-person picking": _vendor(38, 58, 5_200_000, 12, 0, 60, {
        10: "Install team waits for controllers, used the time for training.",
        4: "Still waiting for the control vendor, rest of the work is fine.",
        1: "Go-live depends on the controllers; our own part is on plan.",
    }),
    "Pallet shuttle system": _vendor(36, 62, 4_100_000, 12, 0, 60, {
        9: "Interface test postponed, control vendor has no date.",
        2: "Interface test postponed again. Steel work is done.",
    }),
    "Automatic sortation line": _vendor(40, 60, 7_300_000, 14, 0, 60, {
        11: "Sorter arrived, controllers did not.",
        6: "Same vendor as the conveyor project; cabling goes on meanwhile.",
        1: "Install crew on standby at our cost.",
    }),
    "Pack station robots": _vendor(30, 52, 2_600_000, 10, 0, 60, {
        8: "Robots delivered, waiting for line control.",
        3: "Waiting for line control, expected soon.",
    }),
    "Warehouse control software": _vendor(42, 66, 3_800_000, 12, 0, 60, {
        10: "Vendor drivers missing for integration, we test against stubs.",
        5: "Stub tests pass; real controllers still missing.",
    }),
    "Returns sorter": _vendor(28, 50, 1_900_000, 9, 0, 60, {6: "Same controllers as the sortation line, date open."}),
    "Cold zone extension": _vendor(26, 54, 2_900_000, 1, 1, 1, {1: "Commissioning slot lost, waiting for controls."}),
    # A cascade: the platform slips first, then those that wait for it.
    "Customer identity platform": Story(
        58, 70, 8_600_000, (Effect(34, 9, 0.42, 0.75), Effect(8, 0, 0.85, 0.9)), late_amber=3, late_red=6,
        finish_share=0.7, critical=True, cause=3, comments={
            31: "Account merge rules more complex than thought, two sprints lost.",
            26: "Amber: migration of old accounts fails on duplicates.",
            20: "Release 2 moves behind the peak season. Projects that use our login are informed.",
            12: "Red: release 2 has no firm date before the account migration is repeated.",
            4: "Migration rehearsal passed for 80 % of accounts.",
            0: "Second rehearsal next week; still red until it passes.",
        },
    ),
    "Loyalty wallet": _waits(34, 56, 2_400_000, 20, {
        17: "Waiting for the identity platform's release 2.",
        9: "Login from the identity platform not available, go-live moves with it.",
        2: "Wallet screens are built; they cannot go live without the new login.",
    }),
    "Buyer self-service portal": _waits(30, 50, 3_100_000, 17, {
        15: "Needs the identity platform for buyer roles; date open.",
        6: "Workaround for buyer roles estimated, costs two months.",
        1: "Finish follows the identity platform's release 2.",
    }),
    "Agent single sign-on": _waits(26, 36, 900_000, 15, {
        13: "Blocked: identity platform delayed its release 2.",
        5: "Red. Blocked by the identity platform, team moved to other work.",
    }),
    "Smart home account linking": _waits(24, 48, 1_700_000, 12, {
        10: "Account linking waits for the identity platform.",
        3: "Device side well advanced, account side waits for the identity platform.",
    }),
    # Recovered: red for months, then a smaller first release and a second team.
    "Store inventory accuracy": Story(
        62, 74, 2_800_000, (Effect(58, 36, 0.5, 0.95), Effect(28, 0, 1.6, 1.1)), late_amber=2, late_red=3,
        finish_share=0.85, cost_share=0.4, cause=2, comments={
            54: "Amber: counting rules differ by store, scope is growing.",
            46: "Red: at this pace we finish a year late.",
            28: "Steering group cut the first release to the 40 largest stores and added a second team.",
            22: "The new plan holds: first ten stores live.",
            14: "Twenty-five stores live, pace is above plan.",
            7: "Nearly caught up since the smaller first release.",
            2: "First release is complete, the rest follows the baseline.",
        },
    ),
    # Critical, and well.
    "Billing engine migration": Story(
        46, 80, 9_800_000, speed=1.02, efficiency=1.02, critical=True, comments={
            20: "Parallel run of the first tariff group matches to the cent.",
            3: "Second tariff group in parallel run, no differences.",
        },
    ),
    # Hidden strength: a careful reporter, and evidence that says otherwise.
    "Privacy consent center": Story(
        30, 52, 1_300_000, speed=0.98, efficiency=1.02, floor=2, floor_week=11, comments={
            11: "Red until the regulator's guidance is final, work itself is on plan.",
            5: "Guidance still open. Build continues on plan.",
            0: "Still waiting for the guidance, nothing else is late.",
        },
    ),
    "Field repair scheduling": Story(
        22, 40, 800_000, speed=1.0, efficiency=1.0, floor=2, floor_week=8, comments={
            8: "Red: depot managers have not agreed to the new shifts yet.",
            2: "Software is on plan, agreement with the depots is open.",
        },
    ),
}  # fmt: skip

# Projects that no one has begun, by stage.
IDEAS = (
    "Cargo bike hubs", "Delivery carbon ledger", "Cycle counting drones", "Fitting room booking", "Media mix model",
    "Audience sharing", "Refill stations", "Leadership pipeline",
)  # fmt: skip
CANDIDATES = (
    "Electric van pilot", "Dropship onboarding", "Rental pilot", "Take-back scheme", "Third-party assistant links",
    "Store traffic counting", "Family sharing", "Grading by photo",
)  # fmt: skip
APPROVED = (
    "Data center exit wave two", "Tier benefits rollout", "Hub firmware unification", "Intercompany settlement",
    "Batch scheduler retirement", "Two-person delivery", "Winter collection", "Seasonal calendar",
    "Technical file archive", "Budgeting tool", "Edge compute for stores", "Skills inventory",
)  # fmt: skip
