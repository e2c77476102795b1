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
class Baseline:
    """A new baseline in a week: the planned length in weeks from the start, and the budget; None is what is forecast.

    With `planned_anew` the work goes on as the new plan has it, without it as badly as before.
    """

    week: int
    weeks: int | None = None
    budget: int | None = None
    planned_anew: bool = True


@dataclass(frozen=True)
class Story:
    """What happens to one project.

    `age` and `weeks` place its baseline: weeks since its start, and planned length; a `budget` below 0 is not known to
    anyone. `late_red` and the like are the weeks that its reporter waits before admitting a colour; `floor` and `cap`
    limit what is reported (0 green, 2 red), the floor from `floor_week` on. `silent` counts the weeks since the last
    report; `pause` holds the weeks in which work stopped and went on (None: not yet).
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
    baselines: tuple[Baseline, ...] = ()
    silent: int = 0
    never_reports: bool = False
    pause: tuple[int, int | None] | None = None
    cancelled: int | None = None
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


def _mended(
    age: int, weeks: int, budget: int, bad: Effect, since: int, speed: float, comments: dict[int, str]
) -> Story:
    """A project of the finance program: openly red, and gaining since its recovery plan."""
    return Story(
        age, weeks, budget, (bad, Effect(since, 0, speed, 1.1)), late_amber=1, late_red=2,
        finish_share=0.8, cost_share=0.6, cause=1, comments=comments,
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
    "Pack station robots": _vendor(30, 52, 2_600_000, 8, 0, 60, {
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
            20: "Release 2 moves behind the peak season. Loyalty wallet, Buyer self-service portal, Agent single "
            "sign-on and Smart home account linking depend on it and are informed.",
            12: "Red: release 2 has no firm date before the account migration is repeated.",
            4: "Migration rehearsal passed for 80 % of accounts; Loyalty wallet and Agent single sign-on wait for it.",
            0: "Second rehearsal next week; still red until it passes.",
        },
    ),
    "Loyalty wallet": _waits(34, 56, 2_400_000, 20, {
        17: "Waiting for release 2 of the Customer identity platform.",
        9: "Login from the identity platform not available, go-live moves with it.",
        2: "Wallet screens are built; they cannot go live without the new login.",
    }),
    "Buyer self-service portal": _waits(30, 50, 3_100_000, 17, {
        15: "Needs the Customer identity platform for buyer roles; date open.",
        6: "Workaround for buyer roles estimated, costs two months.",
        1: "Finish follows the identity platform's release 2.",
    }),
    "Agent single sign-on": _waits(26, 36, 900_000, 15, {
        13: "Blocked: the Customer identity platform delayed its release 2.",
        5: "Red. Blocked by the identity platform, team moved to other work.",
    }),
    "Smart home account linking": _waits(24, 48, 1_700_000, 12, {
        10: "Account linking waits for the Customer identity platform.",
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
    # Plainly red and being mended: a recovery plan since week 12.
    "General ledger upgrade": _mended(50, 72, 6_800_000, Effect(44, 13, 0.45, 0.74), 12, 1.15, {
        38: "Red: chart of accounts reopened by three business units.",
        27: "Red. Two lead roles still open, finish is a year late at this pace.",
        12: "Recovery plan approved by the Chief Financial Officer: new lead, one chart of accounts, weekly gate.",
        6: "Third weekly gate passed in a row. Still red, gaining about a week a month.",
        1: "Test close of October ran through. Still red on cost, dates improve.",
    }),
    "Close in five days": _mended(42, 58, 1_600_000, Effect(38, 13, 0.44, 0.765), 12, 1.17, {
        24: "Red: waits for the ledger's posting rules.",
        12: "Part of the finance recovery plan: own posting rules first.",
        0: "Test close in seven days, finish pulled in; no longer a case for red.",
    }),
    "Statutory reporting": _mended(36, 54, 2_300_000, Effect(32, 12, 0.45, 0.76), 11, 1.1, {
        22: "Red: two key roles are open since spring.",
        11: "Both key roles filled as part of the finance recovery plan.",
        4: "First country reports from the new ledger. Still red, pace is above plan.",
    }),
    "Treasury connectivity": _mended(34, 46, 1_200_000, Effect(30, 14, 0.48, 0.85), 12, 1.6, {
        20: "Red: bank interfaces late.",
        12: "Scope cut to the five main banks, as the finance recovery plan says.",
        5: "Four of five banks connected.",
    }),
    "Expense tool": _mended(28, 42, 700_000, Effect(24, 11, 0.5, 0.84), 10, 1.0, {
        14: "Red: tax rules of four countries underestimated.",
        10: "Two countries first, as the finance recovery plan says.",
        3: "First country live, finish pulled in; no longer a case for red.",
    }),
    # New baselines. Payroll: red turns green only because the baseline was moved to what is forecast.
    "Payroll consolidation": Story(
        44, 56, 3_400_000, (Effect(37, 0, 0.55, 0.8),), late_amber=2, late_red=3, finish_share=0.75, cost_share=0.6,
        cause=3, baselines=(Baseline(6, planned_anew=False),), comments={
            30: "Amber: payroll rules of two countries have to be rebuilt.",
            22: "Red. Parallel payroll runs fail on every second employee group.",
            9: "Red: no group passed its second parallel run.",
            6: "New baseline: finish and budget set to the forecast, approved by the Chief People Officer. Green.",
            2: "Green against the new baseline. Parallel runs still fail for one group.",
        },
    ),
    # An honest one: scope was added on purpose, the forecast moved with it, and it holds.
    "Test lab extension": Story(
        40, 52, 2_400_000, baselines=(Baseline(18, 68, 3_000_000),), comments={
            19: "The new radio directive asks for a second test chamber; plan and price in hand.",
            18: "New baseline with the second chamber: 16 weeks and 600,000 more, approved by the portfolio board.",
            8: "Second chamber ordered; work follows the new baseline.",
        },
    ),
    "Data center exit wave one": Story(
        60, 84, 5_600_000, (Effect(56, 34, 1.0, 0.88),), late_amber=3, late_red=8,
        baselines=(Baseline(33, 84, 6_400_000),), comments={
            33: "Budget raised by 800,000 for the longer double operation, approved by the Chief Information Officer; "
            "finish unchanged.",
            10: "Half of the servers moved, cost follows the new baseline.",
        },
    ),
    "Demand forecasting engine": Story(
        48, 62, 3_900_000, (Effect(44, 26, 0.74, 0.92),), late_amber=2, late_red=3, finish_share=0.75, cause=3,
        baselines=(Baseline(25, 82, 4_500_000),), comments={
            31: "Red: item history is not clean enough to train on.",
            25: "New baseline, data clean-up added: 20 weeks and 600,000 more, approved by the portfolio board.",
            12: "Cleaned history for nine of twelve categories, on the new plan.",
        },
    ),
    "Subscription billing": Story(
        68, 58, 2_900_000, (Effect(62, 0, 0.66, 0.88),), late_amber=4, late_red=10, finish_share=0.7,
        baselines=(Baseline(43, planned_anew=False), Baseline(15, planned_anew=False)), comments={
            43: "New baseline at the forecast, approved by the Director of Enterprise Applications.",
            15: "Second new baseline, approved by the Director of Enterprise Applications.",
            3: "On the second new baseline.",
        },
    ),
    "Store associate handhelds": Story(
        32, 46, 2_100_000, (Effect(22, 3, 0.72, 0.92),), late_amber=3, late_red=6, finish_share=0.7, cause=0,
        baselines=(Baseline(3, 60, 2_450_000),), comments={
            9: "Device vendor changed the model, accessories have to be bought again.",
            3: "New baseline with the new device model, approved by the Director of Stores.",
        },
    ),
    "Robot vacuum refresh": Story(
        26, 48, 4_400_000, baselines=(Baseline(1, 54, 4_700_000),), comments={
            1: "New baseline: a second market added, 6 weeks and 300,000 more, approved by the Chief Product Officer.",
        },
    ),
    "Network segmentation": Story(
        24, 46, 1_300_000, baselines=(Baseline(10, 38, 1_000_000),), comments={
            10: "New baseline: two sites left out that will close, 8 weeks and 300,000 less, approved by the portfolio "
            "board.",
        },
    ),
    # Reports that do not come: one program has bad coverage, others a gap here and there.
    "Headquarters fit-out": Story(40, 62, 4_800_000, silent=5),
    "Meeting room technology": Story(26, 44, 700_000, silent=4),
    "Energy metering": Story(30, 52, 900_000, silent=8),
    "Canteen renewal": Story(14, 34, 600_000, never_reports=True),
    "Parking system": Story(10, 30, 300_000, never_reports=True),
    "Building access cards": Story(22, 42, 500_000),
    "Fire safety upgrade": Story(18, 38, 1_100_000),
    "Print service change": Story(12, 28, 200_000),
    "Freight audit": Story(24, 42, 600_000, silent=3),
    "Trail tent relaunch": Story(28, 46, 1_400_000, silent=6),
    "Reporting consolidation": Story(32, 56, 1_700_000, silent=3),
    "Label reprint": Story(9, 26, 250_000, never_reports=True),
    "Absence tracking": Story(12, 30, 400_000, never_reports=True),
    # Budgets that nobody stated.
    "Store Wi-Fi refresh": Story(18, 40, -600_000),
    "Callback scheduling": Story(22, 36, -300_000),
    "Fabric supplier change": Story(14, 44, -500_000),
    "Release pipeline": Story(30, 50, -800_000),
    # Paused, and gone on with.
    "Brand refresh": Story(62, 80, 1_800_000, pause=(34, 22), comments={
        34: "On hold: the agency's contract is tendered again.",
        22: "Resumed with the new agency.",
    }),
    "Usage analytics": Story(40, 60, 900_000, pause=(14, 2), comments={
        14: "On hold: the team is lent to Remote diagnostics.",
        2: "Resumed: the team is back from Remote diagnostics.",
    }),
    "Regional office closure": Story(30, 52, 1_200_000, pause=(7, None), comments={
        7: "On hold until the works council has agreed.",
    }),
    "Kids outdoor line": Story(24, 46, 1_500_000, pause=(0, None), comments={
        0: "On hold by decision of the portfolio board: the safety standard changes in spring.",
    }),
    # Finished this week.
    "Store ledger interface": Story(38, 40, 600_000, speed=1.03, comments={
        3: "Acceptance passed; last stores switch over this month.",
    }),
    # Stopped.
    "Pallet wrap reduction": Story(28, 48, 400_000, cancelled=1, comments={
        1: "Stopped by the portfolio board: the new shuttle needs the wrap.",
    }),
    "Referral rewards": Story(20, 40, 700_000, cancelled=2, comments={
        2: "Stopped after the pilot: too few new customers for the money.",
    }),
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

# Milestones that are worse than dates and money: the week since which nobody hides the late ones, and between which two
# weeks some come to a halt while the finish stays where it was.
UNLIKE = {"Voice control": 11, "Recall readiness": 40}
STUCK = {
    "Product master data": (24, 0),
    "Retail box redesign": (26, 0),
    "Family accounts": (38, 0),
}

# Risks that are graver than anything else that the project shows, and the week since which they are.
FEARED = {"Flagship store refit": 5, "Solar lantern": 9, "Shift planning": 3}

# Programs of which a story is told: their milestones and risks look no worse than their dates and money.
TIDY = ("Warehouse automation", "Finance modernization", "Workplace and facilities")
