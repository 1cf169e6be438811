"""The feeds, who may do what with them, and what they are about."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """What one organization may do with a feed. `export_row_limit` is rows, None for no limit."""

    lookback_days: int
    export_row_limit: int | None
    pii: bool
    business_info: bool


@dataclass(frozen=True)
class FeedPlan:
    """A feed, its share of the records (per thousand), its topics by interest, and its readers."""

    slug: str
    name: str
    description: str
    share: int
    topics: tuple[str, ...]
    departments: tuple[str, ...]
    trades: tuple[str, ...]
    agreements: dict[str, Agreement]


FEEDS = (
    FeedPlan(
        "customer-data-platforms", "Customer data platforms", "Evaluation and comparison of CDP vendors", 380,
        ("CDP comparison", "Identity resolution", "Composable CDP", "Audience segmentation", "First-party data",
         "Consent management", "Reverse ETL", "Customer 360", "Event tracking", "Marketing attribution",
         "Personalisation engines", "Data clean rooms", "Profile unification", "CDP pricing", "CDP migration"),
        ("Marketing", "Engineering", "Product"), (),
        {"acme": Agreement(90, None, True, True), "globex": Agreement(30, 250_000, True, False)},
    ),
    FeedPlan(
        "cloud-cost-optimization", "Cloud cost optimization", "FinOps, commitment planning, idle resources", 270,
        ("FinOps practice", "Commitment planning", "Idle resources", "Reserved instances", "Kubernetes cost allocation",
         "Cloud budgeting", "Rightsizing", "Spot capacity", "Egress charges", "Showback and chargeback",
         "Cloud repatriation", "Storage tiering"),
        ("Finance", "Information Technology", "Engineering"), (),
        {"acme": Agreement(30, 1_000_000, True, False), "globex": Agreement(14, 50_000, False, False)},
    ),
    FeedPlan(
        "warehouse-robotics", "Warehouse robotics", "AMR, picking, WMS integration", 95,
        ("AMR fleets", "Goods-to-person picking", "WMS integration", "Palletising", "Sortation", "Robot safety",
         "Micro-fulfilment", "Inventory drones"),
        ("Operations", "Engineering"),
        ("Warehousing and freight", "Retail trade", "Wholesale trade", "Machinery", "Food products"),
        {"acme": Agreement(60, 200_000, False, True)},
    ),
    FeedPlan(
        "payroll-modernization", "Payroll modernization", "Vendor change, multi-country payroll", 130,
        ("Multi-country payroll", "Payroll vendor change", "Real-time payroll", "Payroll compliance",
         "Earned wage access", "HRIS integration", "Pay transparency", "Payroll outsourcing"),
        ("Human Resources", "Finance"), (),
        {"acme": Agreement(30, 9_000, True, True), "globex": Agreement(60, None, True, True)},
    ),
    FeedPlan(
        "zero-trust", "Zero-trust network access", "VPN replacement, SASE, device posture", 125,
        ("VPN replacement", "SASE evaluation", "Device posture", "Microsegmentation", "Identity-aware proxy",
         "Privileged access", "Secure web gateway", "Passwordless sign-in", "ZTNA pricing"),
        ("Information Technology", "Legal", "Engineering"), (),
        {"acme": Agreement(14, 75_000, False, False)},
    ),
)  # fmt: skip
# Those of the sandbox's vendor, beyond the thousand: its protocol knows a feed by its description alone. The second
# one's quota is smaller than a month.
VENDOR_FEEDS = (
    FeedPlan(
        "sustainability-reporting", "Sustainability reporting", "Sustainability reporting", 45,
        ("CSRD readiness", "Carbon accounting", "Double materiality", "Scope 3 data", "Supplier audits",
         "ESG assurance", "EU taxonomy", "Green financing"),
        ("Finance", "Legal", "Operations"), (),
        {"northgate": Agreement(60, 25_000, True, True)},
    ),
    FeedPlan(
        "field-service", "Field service automation", "Field service automation", 30,
        ("Technician scheduling", "Spare parts planning", "Remote assistance", "Service contracts", "IoT maintenance",
         "Mobile work orders"),
        ("Operations", "Information Technology"), (),
        {"northgate": Agreement(90, 1_500, True, False)},
    ),
    FeedPlan(
        "conversation-intelligence", "Conversation intelligence", "Conversation intelligence", 25,
        ("Call recording", "Sales coaching", "Deal forecasting", "Meeting summaries", "Pipeline reviews",
         "Revenue intelligence pricing"),
        ("Sales", "Marketing"), (),
        {"northgate": Agreement(30, None, False, True)},
    ),
)  # fmt: skip
