"""People that an organization met at a made-up trade fair: contacts of its own, a few of them noted twice."""

import datetime as dt
from typing import Any

COMPANIES = {
    "lindhof": {"name": "Lindhof Pumpen", "domain": "lindhof-pumpen.example"},
    "havre": {"name": "Port du Havre Logistique", "domain": "havre-logistique.example"},
    "solveig": {"name": "Solveig Seafood", "domain": "solveig-seafood.example"},
    "brightwell": {"name": "Brightwell Foods", "domain": "brightwell-foods.example"},
}
# Name, title, company, and what the business card or the badge had: an address, a mobile phone, a profile.
PEOPLE = (
    ("Katrin Sommer", "Head of Procurement", "lindhof", "katrin.sommer@lindhof-pumpen.example", "+49 171 5550181", ""),
    ("Katrin Sommer", "Procurement Lead", "lindhof", "", "+49 171 5550181", "linkedin.com/in/katrin-sommer-fair"),
    ("Jörg Straßer", "Plant Manager", "lindhof", "j.strasser@lindhof-pumpen.example", "+49 171 5550192", ""),
    ("Joerg Strasser", "Plant Manager", "lindhof", "joerg.strasser@post.example", "+49 171 5550192", ""),
    ("Amélie Garnier", "Supply Chain Director", "havre", "a.garnier@havre-logistique.example", "", ""),
    ("Amelie Garnier", "Director Supply Chain", "havre", "amelie.garnier@havre-logistique.example", "", ""),
    ("Thomas Lefèvre", "Operations Manager", "havre", "t.lefevre@havre-logistique.example", "+33 6 55 50 12 77", ""),
    ("Sindre Aas", "Cold Chain Manager", "solveig", "sindre@solveig-seafood.example", "+47 906 55 012", ""),
    ("Marit Aas", "Finance Director", "solveig", "marit@solveig-seafood.example", "+47 906 55 013", ""),
    ("Priscilla Okafor", "VP Manufacturing", "brightwell", "p.okafor@brightwell-foods.example", "", ""),
)  # fmt: skip


def describe_met(today: dt.date) -> list[dict[str, Any]]:
    """Return these people as rows of an import file; docs/import-format.md says what each field means."""
    return [
        {
            "full_name": name,
            "job_title": title,
            "company": COMPANIES[company],
            "emails": [{"email": email, "type": "work", "status": "pending"}] if email else None,
            "phones": [{"phone": phone, "type": "mobile"}] if phone else None,
            "linkedin_url": f"https://www.{profile}" if profile else None,
            "source": "manual",
            "created_at": dt.datetime.combine(today - dt.timedelta(days=9), dt.time(17), dt.UTC),
        }
        for name, title, company, email, phone, profile in PEOPLE
    ]
