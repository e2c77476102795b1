"""The sample organisation, a mid-size customer-products company: its goals, programs and the names of its projects."""

from typing import NamedTuple


class Goal(NamedTuple):
    """A goal, the goal that it serves, and the share of investment that leadership wants on it, in percent."""

    goal_id: str
    name: str
    parent: str
    target_share: int
    owner: str


class Program(NamedTuple):
    """A program with its projects, as in the programs and projects exports."""

    name: str
    portfolio: str
    owner: str
    goal: str
    projects: tuple[str, ...]


def _names(text: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in text.split(";"))


GOALS = (
    Goal("G-1", "Win customers and keep them", "", 40, "Chief Customer Officer"),
    Goal("G-1.1", "Make buying effortless", "G-1", 24, "Director of Digital"),
    Goal("G-1.2", "Earn the second purchase", "G-1", 16, "Director of Marketing"),
    Goal("G-2", "Deliver faster at lower cost", "", 35, "Chief Operating Officer"),
    Goal("G-2.1", "Two-day delivery everywhere", "G-2", 20, "Director of Supply Chain"),
    Goal("G-2.2", "Simplify how we run", "G-2", 15, "Chief Information Officer"),
    Goal("G-3", "Lead with responsible products", "", 25, "Chief Product Officer"),
    Goal("G-3.1", "Launch what customers ask for", "G-3", 20, "Director of Product Management"),
    Goal("G-3.2", "Carbon-neutral delivery", "G-3", 5, "Director of Sustainability"),
)

PROGRAMS = (
    Program(
        "Digital front door", "Customer", "Director of Digital", "G-1.1",
        _names("""Customer identity platform; Web shop redesign; Mobile app checkout; Product search relevance;
        Guest checkout; Address validation; Product page videos; Delivery date promise; Accessibility remediation;
        Gift cards online; Site speed program; Saved baskets"""),
    ),
    Program(
        "Loyalty and membership", "Customer", "Director of Marketing", "G-1.2",
        _names("""Loyalty wallet; Member pricing; Points partner network; Birthday offers; Tier benefits rollout;
        Family accounts; Receipt scanning; Membership renewal journey; Referral rewards"""),
    ),
    Program(
        "Business buyers", "Customer", "Director of Business Sales", "G-1.1",
        _names("""Buyer self-service portal; Contract price engine; Punch-out catalogs; Quote to order; Credit limit
        checks; Bulk reordering; Account manager workbench; Invoice consolidation; Trade customer onboarding"""),
    ),
    Program(
        "Contact center renewal", "Customer", "Director of Customer Care", "G-1.2",
        _names("""Agent single sign-on; Cloud telephony; Agent desktop; Chat and messaging; Knowledge base rebuild;
        Call reason analytics; Callback scheduling; Complaint handling; Workforce planning; Voice of the customer"""),
    ),
    Program(
        "Store experience", "Customer", "Director of Stores", "G-1.1",
        _names("""Self-checkout rollout; Store associate handhelds; Click and collect lockers; Electronic shelf labels;
        Store inventory accuracy; Fitting room booking; Store Wi-Fi refresh; Queue-less pickup; Store traffic counting;
        Flagship store refit; Planogram automation"""),
    ),
    Program(
        "Personal marketing", "Customer", "Director of Marketing", "G-1.2",
        _names("""Privacy consent center; Customer data platform; Email personalization; Campaign measurement;
        Recommendation service; Push messaging; Content production hub; Media mix model; Audience sharing"""),
    ),
    Program(
        "Warehouse automation", "Operations", "Director of Logistics", "G-2.1",
        _names("""Conveyor control upgrade; Goods-to-person picking; Pallet shuttle system; Automatic sortation line;
        Pack station robots; Dock door scheduling; Warehouse control software; Cycle counting drones;
        Returns sorter; Cold zone extension"""),
    ),
    Program(
        "Last-mile delivery", "Operations", "Director of Supply Chain", "G-2.1",
        _names("""Route planning renewal; Driver app; Parcel locker network; Evening delivery slots; Carrier scorecards;
        Delivery tracking page; Two-person delivery; Depot consolidation; Proof of delivery photos;
        Electric van pilot; Cargo bike hubs; Delivery carbon ledger"""),
    ),
    Program(
        "Demand and inventory planning", "Operations", "Director of Planning", "G-2.1",
        _names("""Demand forecasting engine; Safety stock policy; Allocation to stores; Promotion uplift model;
        New item forecasting; Planner workbench; Markdown optimization; Inventory visibility; Seasonal calendar"""),
    ),
    Program(
        "Supplier network", "Operations", "Director of Procurement", "G-2.2",
        _names("""Supplier portal; Vendor scorecards; Electronic invoicing; Contract repository; Sourcing events tool;
        Import documents; Supplier risk screening; Second source for batteries; Freight audit; Dropship onboarding"""),
    ),
    Program(
        "Returns and repairs", "Operations", "Director of Customer Care", "G-1.2",
        _names("""Field repair scheduling; Instant refunds; Returns reason coding; Spare parts catalog; Refurbished
        outlet; Warranty registration; Repair center relocation; Returns labels at home; Grading by photo"""),
    ),
    Program(
        "Cloud foundation", "Technology", "Director of Infrastructure", "G-2.2",
        _names("""Landing zone; Data center exit wave one; Data center exit wave two; Network segmentation; Backup
        modernization; Observability rollout; Cost allocation tags; Database consolidation; Disaster recovery site;
        Edge compute for stores; Peak season capacity"""),
    ),
    Program(
        "Data platform", "Technology", "Chief Data Officer", "G-2.2",
        _names("""Enterprise data lake; Customer master data; Product master data; Data quality monitoring; Reporting
        consolidation; Metric catalog; Streaming events; Machine learning workbench; Data retention; Self-service
        analytics"""),
    ),
    Program(
        "Cyber resilience", "Technology", "Chief Information Security Officer", "G-2.2",
        _names("""Privileged access; Endpoint protection refresh; Security operations center; Phishing-resistant login;
        Vulnerability management; Payment card scope reduction; Third-party access review; Ransomware readiness;
        Secrets vault; Email gateway"""),
    ),
    Program(
        "Order and billing renewal", "Technology", "Director of Enterprise Applications", "G-2.2",
        _names("""Billing engine migration; Order orchestration; Tax calculation service; Price master;
        Mainframe retirement; Payment gateway replacement; Subscription billing; Fraud screening; Order archive;
        Dunning automation; Store ledger interface"""),
    ),
    Program(
        "Integration and APIs", "Technology", "Director of Architecture", "G-2.2",
        _names("""API gateway; Event backbone; Partner integration hub; File transfer replacement; Developer portal;
        Test environment on demand; Release pipeline; Service catalog; Batch scheduler retirement"""),
    ),
    Program(
        "Home devices line", "Products", "Director of Home Devices", "G-3.1",
        _names("""Smart thermostat second generation; Air purifier compact; Robot vacuum refresh; Door camera;
        Battery doorbell; Kitchen scale connected; Hub firmware unification; Voice control; Thermostat tooling;
        Retail box redesign"""),
    ),
    Program(
        "Outdoor range", "Products", "Director of Outdoor", "G-3.1",
        _names("""Trail tent relaunch; Lightweight stove; Repairable backpack; Kids outdoor line; Solar lantern;
        Water filter bottle; Rental pilot; Winter collection; Fabric supplier change; Camping furniture"""),
    ),
    Program(
        "Connected services", "Products", "Director of Services", "G-3.1",
        _names("""Smart home account linking; Energy insights subscription; Remote diagnostics; Device update service;
        Installer network; Extended warranty plans; Home safety alerts; Usage analytics; Family sharing;
        Third-party assistant links"""),
    ),
    Program(
        "Packaging and materials", "Products", "Director of Sustainability", "G-3.1",
        _names("""Plastic-free packaging; Right-size boxes; Recycled fabric sourcing; Refill stations; Material
        passport; Mono-material pouches; Pallet wrap reduction; Label reprint; Take-back scheme"""),
    ),
    Program(
        "Quality and compliance", "Products", "Director of Quality", "G-3.1",
        _names("""Test lab extension; Complaint trend detection; Product traceability; Battery safety standard;
        Supplier audits digital; Recall readiness; Chemical substances register; Radio equipment certification;
        Technical file archive"""),
    ),
    Program(
        "Finance modernization", "Corporate", "Chief Financial Officer", "G-2.2",
        _names("""General ledger upgrade; Close in five days; Expense tool; Cash forecasting; Fixed asset register;
        Procure to pay; Statutory reporting; Treasury connectivity; Cost center redesign; Budgeting tool;
        Intercompany settlement"""),
    ),
    Program(
        "People and skills", "Corporate", "Chief People Officer", "G-2.2",
        _names("""Payroll consolidation; Learning platform; Recruiting portal; Skills inventory; Shift planning;
        Manager academy; Employee service desk; Absence tracking; Leadership pipeline"""),
    ),
    Program(
        "Workplace and facilities", "Corporate", "Director of Facilities", "",
        _names("""Headquarters fit-out; Meeting room technology; Building access cards; Energy metering; Canteen
        renewal; Parking system; Fire safety upgrade; Print service change"""),
    ),
)  # fmt: skip

# Projects that no program holds, with their portfolio.
LOOSE = (
    ("Brand refresh", "Customer"),
    ("Regional office closure", "Corporate"),
    ("Acquisition readiness", "Corporate"),
)

# Projects that serve another goal than their program, or none.
OTHER_GOAL = {
    "Electric van pilot": "G-3.2",
    "Cargo bike hubs": "G-3.2",
    "Delivery carbon ledger": "G-3.2",
    "Delivery tracking page": "G-1.1",
    "Inventory visibility": "G-1.1",
    "Subscription billing": "G-1.2",
    "Recommendation service": "G-1.1",
    "Peak season capacity": "G-1.1",
    "Dropship onboarding": "G-2.1",
    "Machine learning workbench": "G-1.2",
}

SPONSORS = {
    "Customer": ("Chief Customer Officer", "Director of Digital", "Director of Stores", "Director of Marketing"),
    "Operations": ("Chief Operating Officer", "Director of Supply Chain", "Director of Logistics"),
    "Technology": ("Chief Information Officer", "Chief Data Officer", "Director of Infrastructure"),
    "Products": ("Chief Product Officer", "Director of Product Management", "Director of Quality"),
    "Corporate": ("Chief Financial Officer", "Chief People Officer", "General Counsel"),
}
