"""Files for measuring: columns independently random, wide as real ones, the same on every run."""

import csv
import datetime as dt
import json
import random
from pathlib import Path

INTENT_HEADER = (
    "observed_on", "domain", "topic", "score", "company_name", "industry", "contact_id", "first_name", "last_name",
    "address", "city", "state", "postal_code", "country", "gender", "age_range", "linkedin_url", "job_title",
    "company_domain", "seniority",
)  # fmt: skip
INDUSTRIES = ("Software", "Manufacturing", "Logistics", "Financial services")
NAMES = ("Ingrid", "Jonas", "Dana", "Amara", "Priya")
CITIES = ("Oslo", "Leeds", "Trier", "Breda", "Lund")
DAYS = 90


def write_intent(
    path: Path, *, rows: int, today: dt.date, seed: int, contacts: int = 400_000
) -> None:
    """Write a CSV of intent records of 20 columns (about 228 bytes a row), 60 % of them with a contact."""
    rng = random.Random(seed)
    days = [str(today - dt.timedelta(days=n)) for n in range(DAYS)]
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(INTENT_HEADER)
        for _ in range(rows):
            firm = rng.randrange(60_000)
            domain = f"company{firm:06d}.example"
            contact = f"id_{rng.randrange(1, contacts + 1):016x}" if rng.random() < 0.6 else ""
            writer.writerow(
                (
                    rng.choice(days),
                    domain,
                    f"Topic number {rng.randrange(41)}",
                    rng.randint(20, 99),
                    f"Company {firm:06d}",
                    rng.choice(INDUSTRIES),
                    contact,
                    rng.choice(NAMES),
                    f"Surname{rng.randrange(5000)}",
                    f"{rng.randrange(999)} Street Road",
                    rng.choice(CITIES),
                    "",
                    f"{rng.randrange(99999):05d}",
                    "NO",
                    "female",
                    "45-54",
                    f"https://linkedin.example/in/x{rng.randrange(10**6)}",
                    "VP Engineering",
                    domain,
                    "vp",
                )
            )


def write_contacts(path: Path, *, count: int, today: dt.date, seed: int) -> None:
    """Write JSON Lines of contacts with company, one or two e-mails, a phone and PII."""
    rng = random.Random(seed)
    with path.open("w") as stream:
        for number in range(1, count + 1):
            firm, name = rng.randrange(20_000), rng.choice(NAMES)
            emails = [
                {
                    "email": f"{name.lower()}.{number}.{n}@company{firm:06d}.example",
                    "type": "work",
                    "status": "valid",
                    "checked_on": str(today - dt.timedelta(days=rng.randrange(400))),
                    "first_seen": "2025-01-01",
                    "last_seen": "2026-01-01",
                    "observations": rng.randrange(1, 30),
                }
                for n in range(rng.choice((1, 2)))
            ]
            contact = {
                "contact_id": f"id_{number:016x}",
                "full_name": f"{name} Surname{number}",
                "first_name": name,
                "last_name": f"Surname{number}",
                "job_title": "VP Engineering",
                "department": "Engineering",
                "seniority_level": "executive",
                "source": "website",
                "quality_score": rng.randrange(101),
                "confidence": round(rng.random(), 2),
                "emails": emails,
                "phones": [{"phone": f"+4755{number:06d}", "type": "mobile"}],
                "pii": {
                    "first_name": name,
                    "last_name": f"Surname{number}",
                    "gender": "female",
                    "age_range": "45-54",
                    "address": f"{number % 999} Street Road",
                    "city": rng.choice(CITIES),
                    "postal_code": "0150",
                    "country": "Norway",
                },
                "company": {"name": f"Company {firm:06d}", "domain": f"company{firm:06d}.example"},
            }
            stream.write(json.dumps(contact) + "\n")
