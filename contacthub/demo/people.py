"""The two organizations of the demo and the people who sign in to them, and the vendor of its sandbox."""

from dataclasses import dataclass

from contacthub.organizations.rights import Role


@dataclass(frozen=True)
class Member:
    """A person of an organization. `is_shown`: whether `make demo` prints how to sign in as them."""

    email: str
    name: str
    role: Role
    is_shown: bool = False


@dataclass(frozen=True)
class Tenant:
    """An organization and its members."""

    slug: str
    name: str
    members: tuple[Member, ...]


TENANTS = (
    Tenant(
        "acme",
        "Acme Revenue",
        (
            Member("maya@acme.example", "Maya Lindqvist", Role.OWNER),
            Member("priya@acme.example", "Priya Raman", Role.ADMIN, is_shown=True),
            Member("tom@acme.example", "Tom Becker", Role.MEMBER, is_shown=True),
            Member("amara@acme.example", "Amara Okafor", Role.VIEWER),
        ),
    ),
    Tenant(
        "globex",
        "Globex Industries",
        (
            Member("henrik@globex.example", "Henrik Dahl", Role.OWNER),
            Member("nadia@globex.example", "Nadia Kaplan", Role.ADMIN, is_shown=True),
            Member("ruben@globex.example", "Ruben Visser", Role.MEMBER, is_shown=True),
        ),
    ),
)
# Answers the calls of the sandbox's connections. No one signs in to it.
VENDOR = Tenant("northgate", "Northgate Data (sandbox vendor)", ())
