"""What companies do, what they run on, and what their people are called."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trade:
    """An industry: its NACE Rev. 2 classes and the words its companies are named with."""

    name: str
    weight: int
    nace_codes: tuple[str, ...]
    functions: tuple[str, ...]
    words: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TRADES = (
    Trade("Computer programming", 14, ("62.01", "62.02", "62.09"), ("Software", "Consulting"),
          _words("Software Systems Labs Cloud Apps Digital Code")),
    Trade("Data processing and hosting", 7, ("63.11", "63.12"), ("Hosting", "Software"),
          _words("Data Hosting Grid Analytics Signal")),
    Trade("Machinery", 10, ("28.22", "28.29", "28.99"), ("Manufacturing", "Engineering"),
          _words("Robotics Machines Werke Motion Industri Automation")),
    Trade("Food products", 7, ("10.20", "10.51", "10.89"), ("Manufacturing", "Distribution"),
          _words("Foods Dairy Fisk Kitchen Brygg Harvest")),
    Trade("Paper and packaging", 4, ("17.12", "17.21"), ("Manufacturing",), _words("Paper Packaging Board Pack")),
    Trade("Chemicals and pharmaceuticals", 5, ("20.59", "21.20"), ("Research", "Manufacturing"),
          _words("Pharma Chem Biotech Coatings")),
    Trade("Electricity and gas", 5, ("35.11", "35.13"), ("Utilities",), _words("Energi Power Hydro Wind Solar")),
    Trade("Construction", 6, ("41.20", "43.21"), ("Construction", "Engineering"),
          _words("Bygg Construction Build Concrete")),
    Trade("Wholesale trade", 7, ("46.49", "46.69", "46.90"), ("Distribution", "Sales"),
          _words("Trading Supply Wholesale Parts")),
    Trade("Retail trade", 8, ("47.11", "47.71", "47.91"), ("Retail", "E-commerce"),
          _words("Retail Stores Market Outfitters Living")),
    Trade("Warehousing and freight", 8, ("49.41", "52.10", "52.29"), ("Logistics", "Distribution"),
          _words("Logistics Freight Shipping Warehousing Lines")),
    Trade("Financial services", 7, ("64.19", "65.12", "66.19"), ("Finance", "Insurance"),
          _words("Bank Capital Insurance Finans Credit")),
    Trade("Legal and management consulting", 5, ("69.10", "70.22"), ("Consulting",),
          _words("Advisory Partners Consulting Strategy")),
    Trade("Health care", 4, ("86.10", "86.90"), ("Health care",), _words("Health Care Clinics Medical")),
    Trade("Education", 3, ("85.42", "85.59"), ("Education",), _words("Academy Learning Institute")),
)  # fmt: skip

# Names that sound like their country, and names that sound like none.
_NORDIC = _words(
    "Halden Norrsken Fjord Kyst Vintergatan Nordlys Øresund Trollfjell Bruket Silva Stor Ulv Bjørn Falk Rein "
    "Skagen Lofot Dovre Vänern Bohus"
)
STEMS = {
    "NO": _NORDIC, "SE": _NORDIC, "DK": _NORDIC,
    "FI": _words("Saimaa Kalevala Itämeri Suomi Lumi Päijänne Inari Koli Kaamos Revontuli Metsä Järvi"),
    "DE": _words("Hanse Elb Rhein Isar Taunus Alster Wald Ost Marsch Spree Neckar Havel Eifel Ruhr Harz"),
    "GB": _words("Pennine Severn Thames Calder Tyne Avon Harbour Beacon Mersey Cotswold Wharfe Dartmoor Kennet"),
    "US": _words("Prairie Redwood Summit Cascade Hudson Lakeshore Mesa Juniper Bluebird Ironwood Sierra Tahoe Bayou"),
    "NL": _words("Delta Polder Veluwe Maas Amstel Zuider Waal Texel Noorder Linge"),
    "FR": _words("Loire Garonne Mistral Azur Lumière Jura Vosges Dordogne Camargue Ardenne"),
    "IE": _words("Shannon Liffey Claddagh Corrib Burren Boyne Kerry Blackwater"),
    "ES": _words("Ebro Tajo Nevada Levante Cantábrica Olivar Alcázar Mesón Teide Guadal"),
    "PT": _words("Douro Tejo Minho Algarve Serra Estrela Mondego Atlântica"),
    "PL": _words("Wisła Tatry Mazury Bałtyk Odra Warta Zamek Bursztyn"),
}  # fmt: skip
ANY_STEMS = _words(
    "Aurora Borealis Vega Polaris Orion Lyra Nova Kite Heron Osprey Lynx Otter Alder Birch Cedar Linden Rowan Maple "
    "Aspen Quartz Cobalt Amber Onyx Opal Flint Basalt Slate Marble True Bright Clear Swift Steady Open Copper Granite "
    "Lumen Arctic"
)
ENDINGS = ("line", "grid", "berg", "mark", "stad", "vik", "field", "gate", "port", "stone", "wave", "point", "crest",
           "dale", "holm", "sund", "ström", "haven", "forge", "works")  # fmt: skip
COMPANY_FORMS = {
    "NO": ("AS", "ASA"), "SE": ("AB",), "DK": ("A/S", "ApS"), "FI": ("Oy", "Oyj"), "DE": ("GmbH", "AG"),
    "GB": ("Ltd", "plc"), "US": ("Inc", "LLC"), "NL": ("B.V.", "N.V."), "FR": ("SA", "SAS"), "IE": ("Ltd", "DAC"),
    "ES": ("S.A.", "S.L."), "PT": ("S.A.", "Lda"), "PL": ("S.A.", "Sp. z o.o."),
}  # fmt: skip

TECHNOLOGIES = (
    "Amazon Web Services", "Microsoft Azure", "Google Cloud", "Kubernetes", "Terraform", "PostgreSQL", "Snowflake",
    "Databricks", "Salesforce", "HubSpot", "Segment", "SAP S/4HANA", "Microsoft Dynamics 365", "Oracle NetSuite",
    "Workday", "ServiceNow", "Okta", "Zscaler", "Splunk", "Datadog", "Power BI", "Tableau", "Shopify", "Magento",
    "Manhattan WMS", "Blue Yonder", "Kafka", "GitLab", "Jira", "Slack",
)  # fmt: skip


@dataclass(frozen=True)
class Department:
    """A department, how many of the people it holds, its chief, and what it is called in other titles."""

    name: str
    weight: int
    chief: str
    areas: tuple[str, ...]


DEPARTMENTS = (
    Department("Engineering", 18, "Chief Technology Officer", (
        "Engineering", "Platform Engineering", "Software Development", "Data Engineering", "Quality Assurance")),
    Department("Information Technology", 14, "Chief Information Officer", (
        "Information Technology", "Infrastructure", "Cloud Operations", "Information Security", "Network Services")),
    Department("Sales", 14, "Chief Revenue Officer", (
        "Sales", "Business Development", "Key Accounts", "Revenue Operations")),
    Department("Marketing", 11, "Chief Marketing Officer", (
        "Marketing", "Demand Generation", "Brand", "Customer Insights")),
    Department("Operations", 13, "Chief Operating Officer", (
        "Operations", "Supply Chain", "Warehouse Automation", "Procurement", "Logistics")),
    Department("Finance", 10, "Chief Financial Officer", (
        "Finance", "FinOps", "Controlling", "Finance Systems", "Treasury")),
    Department("Human Resources", 9, "Chief People Officer", (
        "People and Payroll", "Human Resources", "Talent Acquisition", "Compensation and Benefits")),
    Department("Product", 7, "Chief Product Officer", ("Product", "Product Design", "User Research")),
    Department("Legal", 4, "General Counsel", ("Legal", "Compliance", "Data Protection")),
)  # fmt: skip


@dataclass(frozen=True)
class Seniority:
    """A rank: the finer word that people use, the coarse level of directories, and its titles.

    `{}` is the area; chiefs have their department's title.
    """

    name: str
    level: str
    weight: int
    is_decision_maker: bool
    titles: tuple[str, ...]


SENIORITIES = (
    Seniority("C-level", "executive", 4, True, ()),
    Seniority("VP", "executive", 7, True, ("VP {}", "Senior VP {}")),
    Seniority("Director", "senior", 14, True, ("Director of {}", "Senior Director, {}")),
    Seniority("Head", "senior", 9, True, ("Head of {}",)),
    Seniority(
        "Manager", "manager", 26, False, ("{} Manager", "Senior {} Manager", "Team Lead, {}")
    ),
    Seniority(
        "Senior", "staff", 18, False, ("Senior {} Specialist", "{} Architect", "Principal, {}")
    ),
    Seniority(
        "Staff",
        "staff",
        22,
        False,
        ("{} Specialist", "{} Analyst", "{} Coordinator", "{} Consultant"),
    ),
)
