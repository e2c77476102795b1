"""What the sample's projects promise: to one another (dependencies), and to the business (benefits)."""

from typing import NamedTuple


class Need(NamedTuple):
    """A project waits for something of another. The milestones are named where a story needs them."""

    giver: str
    receiver: str
    what: str
    giver_step: str = ""
    receiver_step: str = ""


class Promise(NamedTuple):
    """A benefit of a program or project: what is measured, in which unit, and how much a quarter in full."""

    of: str
    name: str
    measure: str
    unit: str
    amount: float


def _cascade(receiver: str, what: str, step: str) -> Need:
    return Need("Customer identity platform", receiver, what, "Release 2 live", step)


def _needs(text: str) -> tuple[Need, ...]:
    lines = (line.split("|") for line in text.strip().splitlines())
    return tuple(Need(giver.strip(), receiver.strip(), what.strip()) for giver, receiver, what in lines)


NEEDS = (
    _cascade("Loyalty wallet", "Login that the wallet opens with", "New login connected"),
    _cascade("Buyer self-service portal", "Buyer roles in the account", "Buyer roles connected"),
    _cascade("Agent single sign-on", "Sign-on service for agents", "New login connected"),
    _cascade("Smart home account linking", "Accounts that devices can be linked to", "Account side connected"),
    Need("Conveyor control upgrade", "Automatic sortation line", "Controllers for the sorter", "Controllers accepted"),
    Need("Conveyor control upgrade", "Goods-to-person picking", "Controllers for the stations", "Controllers accepted"),
    Need("Conveyor control upgrade", "Pallet shuttle system", "Interface to the controllers", "Controllers accepted"),
    Need("Conveyor control upgrade", "Pack station robots", "Line control for the robots", "Line one live"),
    Need("Loyalty wallet", "Membership renewal journey", "Wallet that renewed members use", "All members live"),
    *_needs("""
        Membership renewal journey | Tier benefits rollout | Renewal that tiers are bound to
        Buyer self-service portal | Quote to order | Portal that quotes are answered in
        Quote to order | Contract price engine | Order form that prices are shown in
        Buyer self-service portal | Invoice consolidation | Place where buyers find their invoices
        Agent single sign-on | Chat and messaging | Sign-on for the chat desk
        Chat and messaging | Voice of the customer | Chat texts to be read
        Smart home account linking | Remote diagnostics | Linked devices to be diagnosed
        Remote diagnostics | Third-party assistant links | Device state that assistants read
        Automatic sortation line | Returns sorter | Tested controllers of the sortation line
        Returns sorter | Instant refunds | Scan on arrival that starts a refund
        Warehouse control software | Cold zone extension | Control of the cold zone
        Warehouse control software | Allocation to stores | Stock by location, every hour
        General ledger upgrade | Close in five days | Posting rules of the new ledger
        General ledger upgrade | Statutory reporting | Balances by country
        General ledger upgrade | Cost center redesign | One chart of accounts
        General ledger upgrade | Intercompany settlement | Ledger in all countries
        General ledger upgrade | Budgeting tool | Accounts that budgets are made on
        Treasury connectivity | Cash forecasting | Daily balances of the banks
        Statutory reporting | Acquisition readiness | Country reports in one form
        Store ledger interface | General ledger upgrade | Store takings, every night
        Privileged access | Landing zone | Administrator accounts for the cloud
        Landing zone | Data center exit wave one | Place that servers move to
        Data center exit wave one | Data center exit wave two | Method and crew of wave one
        Landing zone | Backup modernization | Storage for backups
        Landing zone | Enterprise data lake | Storage of the lake
        Enterprise data lake | Customer data platform | Customer tables
        Customer data platform | Email personalization | Segments for emails
        Event backbone | Streaming events | Bus that events travel on
        Streaming events | Customer data platform | Clicks within a minute
        Privacy consent center | Campaign measurement | Consent that measurement asks for
        Privacy consent center | Customer data platform | Consent for each customer
        Customer master data | Customer identity platform | One record a customer
        Product master data | Web shop redesign | Complete attributes of all items
        Product master data | Price master | Item numbers that prices hang on
        Price master | Contract price engine | List prices
        Site speed program | Web shop redesign | Faster page frame
        Web shop redesign | Mobile app checkout | Checkout service
        Network segmentation | Payment card scope reduction | Own network for card data
        Observability rollout | Payment gateway replacement | Alarms on payments
        Billing engine migration | Dunning automation | Open items of the new engine
        Order orchestration | Evening delivery slots | Orders with a promised hour
        Order orchestration | Tax calculation service | Place where tax is asked for
        Fraud screening | Order orchestration | Check before an order is released
        Test environment on demand | Release pipeline | Environments that the pipeline fills
        Release pipeline | Developer portal | Builds that the portal lists
        Partner integration hub | Punch-out catalogs | Connection to buyers' systems
        Service catalog | Developer portal | List of services
        Phishing-resistant login | Agent single sign-on | Keys for all agents
        Demand forecasting engine | Safety stock policy | Forecast error by item
        Safety stock policy | Allocation to stores | Stock levels by store
        Promotion uplift model | Markdown optimization | Effect of a price cut
        New item forecasting | Promotion uplift model | Forecast of items without history
        Store inventory accuracy | Planogram automation | Counted stock by shelf
        Store associate handhelds | Queue-less pickup | Devices that hand orders over
        Store Wi-Fi refresh | Queue-less pickup | Network on the shop floor
        Route planning renewal | Evening delivery slots | Routes after six
        Evening delivery slots | Two-person delivery | Slots for large goods
        Electronic invoicing | Freight audit | Freight invoices as data
        Supplier portal | Electronic invoicing | Supplier log-in
        Supplier audits digital | Supplier risk screening | Audit results
        Test lab extension | Radio equipment certification | Second test chamber
        Radio equipment certification | Battery doorbell | Certificate for the doorbell
        Radio equipment certification | Robot vacuum refresh | Certificate for the vacuum
        Battery safety standard | Battery doorbell | Rules for the battery pack
        Second source for batteries | Kitchen scale connected | Cells of the second source
        Recycled fabric sourcing | Repairable backpack | Fabric by the meter
        Fabric supplier change | Winter collection | Fabric for the collection
        Material passport | Product traceability | Material data of each item
        Product traceability | Recall readiness | Lots by customer
        Payroll consolidation | Employee service desk | Pay data for questions
        Shift planning | Workforce planning | Shift patterns of the contact centers
        Cloud telephony | Callback scheduling | Lines that can call back
        API gateway | Product search relevance | Gateway in front of search
        Learning platform | Manager academy | Place where courses are booked
        Receipt scanning | Membership renewal journey | Points from receipts
    """),
)


def _promises(text: str) -> tuple[Promise, ...]:
    lines = ([part.strip() for part in line.split("|")] for line in text.strip().splitlines())
    return tuple(Promise(of, name, measure, unit, float(amount)) for of, name, measure, unit, amount in lines)


PROMISES = _promises("""
    Digital front door | More visits end in an order | Sales gained | USD | 2400000
    Digital front door | Fewer calls about log-in | Calls avoided | calls | 18000
    Loyalty and membership | Second purchase within a year | Sales gained | USD | 1500000
    Loyalty and membership | Members who renew | Renewal rate gained | % | 3.5
    Business buyers | Orders without a salesperson | Cost saved | USD | 640000
    Business buyers | Time of account managers | Hours saved | hours | 5200
    Contact center renewal | Shorter calls | Cost saved | USD | 900000
    Contact center renewal | Questions settled in the first call | Share gained | % | 6
    Store experience | Shelves without gaps | Sales gained | USD | 1900000
    Store experience | Time of store staff | Hours saved | hours | 21000
    Personal marketing | Money for campaigns that do not work | Cost saved | USD | 520000
    Warehouse automation | Cost of a picked line | Cost saved | USD | 3100000
    Warehouse automation | Orders that leave on the same day | Share gained | % | 9
    Last-mile delivery | Cost of a delivered parcel | Cost saved | USD | 1250000
    Last-mile delivery | Fewer kilometers a parcel | CO2 avoided | tonnes CO2e | 420
    Demand and inventory planning | Less stock for the same service | Capital cost saved | USD | 1100000
    Demand and inventory planning | Fewer markdowns | Margin gained | USD | 800000
    Supplier network | Better prices through open bidding | Cost saved | USD | 950000
    Supplier network | Invoices without typing | Hours saved | hours | 6400
    Returns and repairs | Returned goods sold again | Sales gained | USD | 700000
    Returns and repairs | Fewer parcels back and forth | CO2 avoided | tonnes CO2e | 160
    Cloud foundation | Rent and power of data centers | Cost saved | USD | 1700000
    Cloud foundation | Power not used | CO2 avoided | tonnes CO2e | 310
    Data platform | Reports made by hand | Hours saved | hours | 7800
    Cyber resilience | Insurance premium | Cost saved | USD | 240000
    Cyber resilience | Hours of outage avoided | Outage avoided | hours | 60
    Order and billing renewal | Licenses and mainframe support | Cost saved | USD | 2200000
    Order and billing renewal | Invoices that are right at first | Share gained | % | 4
    Integration and APIs | Time to connect a partner | Hours saved | hours | 2600
    Home devices line | Sales of new devices | Sales gained | USD | 4200000
    Outdoor range | Sales of new products | Sales gained | USD | 2300000
    Connected services | Subscription fees | Sales gained | USD | 1600000
    Packaging and materials | Material not used | CO2 avoided | tonnes CO2e | 540
    Packaging and materials | Smaller parcels | Cost saved | USD | 610000
    Quality and compliance | Fewer complaints | Cost saved | USD | 380000
    Finance modernization | Days to close the books | Hours saved | hours | 4100
    Finance modernization | Audit and outside help | Cost saved | USD | 560000
    People and skills | Payroll run in one place | Cost saved | USD | 420000
    People and skills | Time to hire | Hours saved | hours | 3300
    Workplace and facilities | Space given back | Cost saved | USD | 300000
    Guest checkout | Baskets not left behind | Sales gained | USD | 310000
    Product search relevance | Searches that find something | Sales gained | USD | 450000
    Member pricing | Visits of members | Sales gained | USD | 280000
    Points partner network | Fees of partners | Sales gained | USD | 150000
    Bulk reordering | Reorders without a call | Hours saved | hours | 1900
    Agent desktop | Clicks in a call | Hours saved | hours | 8600
    Knowledge base rebuild | Answers found without asking | Hours saved | hours | 5100
    Call reason analytics | Calls avoided at their cause | Calls avoided | calls | 9000
    Electronic shelf labels | Paper labels not printed | Cost saved | USD | 190000
    Click and collect lockers | Deliveries to a locker | Cost saved | USD | 160000
    Recommendation service | Items added to a basket | Sales gained | USD | 520000
    Delivery tracking page | Calls that ask where a parcel is | Calls avoided | calls | 22000
    Proof of delivery photos | Claims paid twice | Cost saved | USD | 90000
    New item forecasting | New items sold out or left over | Margin gained | USD | 240000
    Inventory visibility | Stock moved instead of bought | Cost saved | USD | 330000
    Supplier portal | Questions by mail | Hours saved | hours | 2400
    Sourcing events tool | Prices by auction | Cost saved | USD | 410000
    Returns labels at home | Labels not packed | Cost saved | USD | 60000
    Repair center relocation | Rent and transport | Cost saved | USD | 210000
    Database consolidation | Database licenses | Cost saved | USD | 260000
    Peak season capacity | Sales not lost in the peak | Sales gained | USD | 350000
    Machine learning workbench | Models live a year | Hours saved | hours | 1200
    Vulnerability management | Hours to close a gap | Hours saved | hours | 900
    Fraud screening | Chargebacks | Cost saved | USD | 380000
    Energy insights subscription | Subscription fees | Sales gained | USD | 230000
    Plastic-free packaging | Plastic not used | CO2 avoided | tonnes CO2e | 130
    Right-size boxes | Air not shipped | CO2 avoided | tonnes CO2e | 90
    Procure to pay | Discounts taken in time | Cost saved | USD | 170000
    Recruiting portal | Agency fees | Cost saved | USD | 120000
    Loyalty wallet | Members who pay by wallet | Sales gained | USD | 420000
    General ledger upgrade | Old ledger's support | Cost saved | USD | 260000
    Data center exit wave one | Rent of the first hall | Cost saved | USD | 480000
    Billing engine migration | Old engine's support | Cost saved | USD | 640000
""")

# Benefits that come smaller than promised: of whom, from which quarter's end, and to which share.
SHRINKING = {
    "Guest checkout": ("2025-12-31", 0.55),
    "Electronic shelf labels": ("2026-03-31", 0.7),
    "Points partner network": ("2026-06-30", 0.4),
    "Knowledge base rebuild": ("2026-06-30", 0.6),
    "Peak season capacity": ("2025-12-31", 0.65),
}
