"""What the sample's milestones and risks are called, who answers for them, and what is done about them."""

from typing import NamedTuple


class Step(NamedTuple):
    """A milestone: its name, whether something is handed over, and the share of the plan at which it is due."""

    name: str
    is_deliverable: bool
    share: float


class Threat(NamedTuple):
    """A risk: its name, who owns it, and what is done while it is small, while it is large, and when it is closed."""

    name: str
    owner: str
    calm: str
    pressed: str
    closed: str


SHARES = (0.10, 0.22, 0.34, 0.46, 0.58, 0.70, 0.82, 0.94)
# Which of the eight steps a plan of so many milestones has.
CHOSEN = {4: (0, 3, 5, 7), 5: (0, 2, 4, 6, 7), 6: (0, 1, 3, 5, 6, 7), 7: (0, 1, 2, 3, 5, 6, 7), 8: tuple(range(8))}

# Portfolio -> for each step, what it may be called. A star marks what is handed over.
STEPS = {
    "Customer": (
        ("Requirements agreed", "Customer research done*"),
        ("Design approved", "Prototype shown to customers*"),
        ("Vendor chosen", "Privacy check passed"),
        ("First release built*", "Core journey built*"),
        ("Acceptance test passed", "Load test passed"),
        ("Pilot live*", "Pilot group live*"),
        ("First region live*", "Half of all customers moved*"),
        ("Handover to operations", "All regions live*"),
    ),
    "Operations": (
        ("Process design agreed", "Site survey done*"),
        ("Vendor chosen", "Contract signed"),
        ("Interfaces specified*", "Factory test passed"),
        ("Test system delivered*", "Pilot site equipped*"),
        ("Acceptance test passed", "Staff trained"),
        ("Pilot site live*", "Pilot live*"),
        ("First region live*", "Second site live*"),
        ("Handover to site management", "Last site live*"),
    ),
    "Technology": (
        ("Architecture approved", "Requirements agreed"),
        ("Platform chosen", "Vendor chosen"),
        ("Security review passed", "Interfaces specified*"),
        ("First environment delivered*", "First service delivered*"),
        ("Rehearsal passed", "Load test passed"),
        ("Pilot systems moved*", "Pilot live*"),
        ("Cut-over*", "Half of all systems moved*"),
        ("Handover to operations", "Old system switched off*"),
    ),
    "Products": (
        ("Product brief agreed", "Customer research done*"),
        ("Concept frozen", "Cost target agreed"),
        ("Suppliers chosen", "Material samples accepted"),
        ("First prototype delivered*", "Final prototype delivered*"),
        ("Certification passed", "Field test passed"),
        ("First production run*", "Pilot series delivered*"),
        ("First market launched*", "First region live*"),
        ("Handover to range management", "All markets launched*"),
    ),
    "Corporate": (
        ("Requirements agreed", "Policy agreed"),
        ("Vendor chosen", "Process owner named"),
        ("Process design delivered*", "Works council consulted"),
        ("Configuration delivered*", "First version delivered*"),
        ("Parallel run passed", "Acceptance test passed"),
        ("Pilot live*", "First country live*"),
        ("Cut-over*", "First half of staff moved*"),
        ("Handover to the line", "All countries live*"),
    ),
}

# Projects whose milestones others wait for, or that a story speaks of.
OWN_STEPS = {
    "Customer identity platform": (
        Step("Account model agreed", False, 0.12),
        Step("Release 1 live", True, 0.32),
        Step("Merge rules agreed", False, 0.45),
        Step("Account migration rehearsed", False, 0.66),
        Step("Release 2 live", True, 0.74),
        Step("All accounts moved", True, 0.86),
        Step("Handover to operations", False, 0.96),
    ),
    "Loyalty wallet": (
        Step("Partner terms agreed", False, 0.12),
        Step("Wallet screens built", True, 0.36),
        Step("New login connected", True, 0.54),
        Step("Pilot members live", True, 0.70),
        Step("All members live", True, 0.84),
        Step("Handover to operations", False, 0.95),
    ),
    "Buyer self-service portal": (
        Step("Requirements agreed", False, 0.10),
        Step("Portal design approved", False, 0.24),
        Step("Order screens built", True, 0.34),
        Step("Buyer roles connected", True, 0.56),
        Step("First buyers live", True, 0.74),
        Step("All buyers live", True, 0.92),
    ),
    "Agent single sign-on": (
        Step("Desktop survey done", True, 0.14),
        Step("Sign-on design approved", False, 0.36),
        Step("New login connected", True, 0.60),
        Step("First site live", True, 0.76),
        Step("All sites live", True, 0.93),
    ),
    "Smart home account linking": (
        Step("Linking concept frozen", False, 0.12),
        Step("Device side built", True, 0.30),
        Step("Account side connected", True, 0.52),
        Step("Field test passed", False, 0.72),
        Step("First market launched", True, 0.92),
    ),
    "Conveyor control upgrade": (
        Step("Vendor chosen", False, 0.08),
        Step("Control concept agreed", False, 0.20),
        Step("Line one prepared", True, 0.34),
        Step("Controllers accepted", True, 0.60),
        Step("Line one live", True, 0.72),
        Step("Line two live", True, 0.84),
        Step("Handover to site management", False, 0.94),
    ),
    "General ledger upgrade": (
        Step("Chart of accounts agreed", False, 0.16),
        Step("Posting rules delivered", True, 0.30),
        Step("Test close passed", False, 0.46),
        Step("First country live", True, 0.60),
        Step("Cut-over", True, 0.80),
        Step("Handover to the line", False, 0.94),
    ),
}

# One for each cause of trouble, in the order of sample_comments.CAUSES: what a project in trouble fears most.
CAUSE_THREATS = (
    Threat("Vendor delivers later than agreed", "Head of Procurement", "Delivery dates checked with the vendor monthly",
           "Weekly call with the vendor; a second offer is asked for", "Delivered and accepted"),
    Threat("Key roles stay open", "Human Resources Partner", "Two candidates in interviews",
           "Contractors asked for; decision by the sponsor", "Roles filled"),
    Threat("Requirements grow after the first demo", "Product Owner", "Changes are collected for the next release",
           "Change board decides on each request; cut list in preparation", "Scope of the first release signed"),
    Threat("Data migration needs more passes than planned", "Data Migration Lead", "Sample migration every month",
           "Clean-up team at work on the source data; extra pass planned", "Migration rehearsal passed"),
    Threat("Defects from integration hold up acceptance", "Test Manager", "Daily test run of the interfaces",
           "Defect board meets daily; developers moved from new work", "Open defects below the limit"),
    Threat("Security review takes longer than planned", "Security Officer", "Review booked, documents handed in",
           "Findings are worked on; a second review date is asked for", "Review passed"),
    Threat("Interface of another team isn't ready", "Solution Architect", "Interface dates agreed with the other team",
           "Work goes on against a stand-in; date escalated to both sponsors", "Interface delivered"),
    Threat("Sites can't be entered as planned", "Site Manager", "Visits booked four weeks ahead",
           "Night slots and a second crew are being arranged", "All sites visited"),
)  # fmt: skip

# What else may go wrong, by portfolio.
THREATS = {
    "Customer": (
        Threat("Customers don't use the new way", "Product Owner", "Test with customers every second week",
               "Old way stays open for longer", "Use is as hoped"),
        Threat("Peak season closes the release window", "Release Manager", "Release plan keeps clear of the peak",
               "Exception for the freeze asked for", "Released before the peak"),
        Threat("Page load gets slower", "Operations Lead", "Load is measured on every release",
               "Cache enlarged; release split in two", "Load is within the limit"),
        Threat("Consent texts need another legal review", "Legal Counsel", "Draft texts with Legal",
               "Outside counsel asked", "Texts approved"),
        Threat("Call volume rises at launch", "Contact Center Manager", "Agents are briefed before the launch",
               "Extra shifts booked for the first weeks", "Call volume is back to normal"),
    ),
    "Operations": (
        Threat("Site can't stop for the switch", "Site Manager", "Switch planned for a weekend",
               "Second weekend held in reserve", "Switched without a stop"),
        Threat("Spare parts come late", "Head of Procurement", "Stock of long-lead parts ordered early",
               "Parts taken from another site", "Parts in stock"),
        Threat("Carriers refuse the new label", "Carrier Manager", "Label tested with two carriers",
               "Both labels are printed meanwhile", "All carriers accept it"),
        Threat("Staff not trained by go-live", "Training Lead", "Training dates booked",
               "Trainers from another site asked for", "All shifts trained"),
        Threat("Safety approval takes longer", "Safety Officer", "Papers handed in early",
               "Inspector asked for an earlier visit", "Approval given"),
    ),
    "Technology": (
        Threat("License cost rises at renewal", "Head of Procurement", "Offers compared before renewal",
               "Shorter term is being negotiated", "Renewed within the budget"),
        Threat("Old system fails before it is replaced", "Operations Lead", "Spare hardware kept ready",
               "Support contract extended", "Old system switched off"),
        Threat("Test environment is shared and often busy", "Release Manager", "Slots booked a month ahead",
               "Own environment asked for", "Own environment in use"),
        Threat("Knowledge sits with one person", "Line Manager", "Second engineer joins the work",
               "Contract of the expert extended", "Knowledge handed over"),
        Threat("Cloud cost higher than estimated", "Cost Analyst", "Cost is watched weekly",
               "Sizes are being reduced", "Cost is as estimated"),
    ),
    "Products": (
        Threat("Part has a single source", "Head of Procurement", "Second source is being looked for",
               "Samples of a second source in test", "Second source approved"),
        Threat("Standard changes before launch", "Quality Manager", "Draft standard is followed",
               "Design variant prepared", "Standard published, design meets it"),
        Threat("Tooling needs another correction", "Tooling Engineer", "Trial shots planned early",
               "Toolmaker works extra shifts", "Tool released"),
        Threat("Retailers order later than hoped", "Key Account Manager", "Samples shown to the largest retailers",
               "Launch offer in preparation", "Orders received"),
        Threat("Material price rises", "Head of Procurement", "Price fixed for half a year",
               "Alternative material in test", "New contract signed"),
    ),
    "Corporate": (
        Threat("Works council asks for changes", "Human Resources Partner", "Council informed early",
               "Meeting with the council every second week", "Agreement signed"),
        Threat("Quarter close takes the same people", "Finance Manager", "No tests in close weeks",
               "Close support by contractors", "Close and test kept apart"),
        Threat("Local rules differ more than assumed", "Country Manager", "Country checks under way",
               "Two countries moved to a later wave", "Rules settled"),
        Threat("Audit asks for more evidence", "Internal Audit Manager", "Evidence list agreed with Audit",
               "Missing evidence is being collected", "Audit has signed off"),
        Threat("Training takes place in the holiday season", "Training Lead", "Dates spread over three months",
               "Recorded sessions in preparation", "Training done"),
    ),
}  # fmt: skip

# What the projects of a story fear most.
OWN_THREATS = {
    "Customer identity platform": Threat(
        "Account migration fails on duplicates", "Chief Architect", "Merge rules are checked with the business",
        "Rehearsal is repeated with 100 % of the accounts before release 2 gets a date", "All accounts moved"),
    **{
        name: Threat(
            "Release 2 of the Customer identity platform comes too late", "Solution Architect",
            "Date of release 2 is asked for every week",
            "Work goes on against a stand-in; go-live moves with release 2",
            "New login connected")
        for name in ("Loyalty wallet", "Buyer self-service portal", "Agent single sign-on",
                     "Smart home account linking")
    },
    **{
        name: Threat(
            "Control vendor delivers the controllers late", "Director of Logistics", "Date asked for every month",
            "Contract penalty drawn; no confirmed date from the vendor", "Controllers accepted")
        for name in ("Conveyor control upgrade", "Goods-to-person picking", "Pallet shuttle system",
                     "Automatic sortation line", "Pack station robots", "Warehouse control software", "Returns sorter",
                     "Cold zone extension")
    },
    "Privacy consent center": Threat(
        "Regulator's guidance changes the consent rules", "Legal Counsel", "Texts can be changed without a release",
        "Second set of texts in preparation", "Guidance is final"),
    "Field repair scheduling": Threat(
        "Depot managers don't agree to the new shifts", "Director of Customer Care", "Talks with each depot",
        "Decision by the Director of Customer Care", "All depots agreed"),
    "Flagship store refit": Threat(
        "Building permit is contested by the neighbors", "Director of Stores", "Permit handed in, no objection yet",
        "Objection filed; hearing has no date, the builder's slot can't be held past it", "Permit granted"),
    "Solar lantern": Threat(
        "Only maker of the solar cell is close to insolvency", "Director of Procurement",
        "Payment terms of the cell maker are watched", "Cells for a season are being bought ahead; no second maker",
        "Second maker approved"),
    "Shift planning": Threat(
        "Works council rejects automatic shift proposals", "Chief People Officer", "Council sees every release first",
        "Council has announced its no; conciliation board is being set up", "Agreement signed"),
}  # fmt: skip
