"""Who can sign in, and with what: kept in `var/demo.json`, because the database keeps only hashes."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from contacthub.demo.folder import write_privately
from contacthub.demo.people import TENANTS, VENDOR, Member, Tenant


@dataclass
class LogIns:
    """Passwords by address and API keys by organization."""

    passwords: dict[str, str] = field(default_factory=dict)
    api_keys: dict[str, str] = field(default_factory=dict)

    def password_of(self, member: Member) -> str:
        """Return the password of a person, a new one at the first time."""
        return self.passwords.setdefault(member.email, secrets.token_urlsafe(9))


def read_log_ins(path: Path) -> LogIns:
    """Return what an earlier start has written; nothing if there is no file or it cannot be read."""
    known = LogIns()
    try:
        content = orjson.loads(path.read_bytes())
        for organization in content["organizations"]:
            known.api_keys[organization["slug"]] = organization["api_key"]
            for person in (organization["admin"], organization["member"]):
                known.passwords[person["email"]] = person["password"]
        # A demo from before the sandbox has none.
        if "sandbox" in content:
            known.api_keys[VENDOR.slug] = content["sandbox"]["api_key"]
    except (FileNotFoundError, orjson.JSONDecodeError, KeyError, TypeError):
        return LogIns()
    return known


def write_log_ins(path: Path, log_ins: LogIns, *, base_url: str) -> None:
    """Write the file, readable by its owner only."""
    content: dict[str, Any] = {
        "base_url": base_url,
        "organizations": [_describe(tenant, log_ins) for tenant in TENANTS],
    }
    if VENDOR.slug in log_ins.api_keys:
        content["sandbox"] = _describe(VENDOR, log_ins)
    write_privately(path, orjson.dumps(content, option=orjson.OPT_INDENT_2))


def _describe(tenant: Tenant, log_ins: LogIns) -> dict[str, Any]:
    shown = {member.role.value: member for member in tenant.members if member.is_shown}
    people = {
        role: {"email": member.email, "password": log_ins.password_of(member)}
        for role, member in shown.items()
    }
    return {
        "slug": tenant.slug,
        "name": tenant.name,
        **people,
        "api_key": log_ins.api_keys[tenant.slug],
    }
