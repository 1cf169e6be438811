"""Users, organizations, memberships with a role, invitations and the audit log with its chain of hashes."""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower, Now

from contacthub.core.emails import plain_email
from contacthub.organizations.rights import RIGHTS, Right, Role


class UserManager(BaseUserManager["User"]):
    """Looks people up by e-mail address in any form."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user who signs in with this address."""
        return self.get(email=plain_email(username or ""))


class User(AbstractBaseUser):
    """A person who signs in with an e-mail address, kept as `core.emails.plain_email` returns it."""

    class Theme(models.TextChoices):
        """How the dashboard is shown to this person."""

        SYSTEM = "system", "System"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    has_hidden_checklist = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_lower"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        """Return one or two capitals for the round badge."""
        words = self.name.split()
        return "".join(
            word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)
        ).upper()


class Organization(models.Model):
    """A tenant. Everything that is not shared by all belongs to exactly one."""

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in an organization. What a role may see and do: `rights.TABLE`."""

    Role = Role
    RIGHTS = RIGHTS

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=6, choices=Role)
    created_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(null=True)
    # The visit before this one: "new since your last visit" counts from here.
    previous_visit_at = models.DateTimeField(null=True)
    # How this person wants long lists: rows on a page (None: as the page has it), and low rows.
    rows_per_page = models.SmallIntegerField(null=True)
    has_compact_lists = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organization"], name="membership_unique")
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    def has_right(self, right: Right) -> bool:
        """Return whether this role includes `right`."""
        return right in self.RIGHTS[self.role]


class Invitation(models.Model):
    """A one-time link with which a person joins an organization. Only the hash of the link's token is kept."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=6, choices=Membership.Role)
    token_hash = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="invitation_open_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"


class ActorKind(models.TextChoices):
    """What sort of actor does something."""

    PERSON = "person", "Person"
    KEY = "key", "API key"
    COMMAND = "command", "Command line"
    SYSTEM = "system", "System"


class AuditEvent(models.Model):
    """One line of the audit log: who did what to which thing. Written in the transaction of the act itself.

    Holds names of fields and ids, never personal values of contacts or secrets. The programs' database role may add
    and read lines, not change or delete them (core/database_roles.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="audit_events"
    )
    at = models.DateTimeField(db_default=Now())
    # The id stays when the person is gone; a key or a command has no user. No constraint: a line is never changed.
    actor = models.ForeignKey(User, on_delete=models.DO_NOTHING, null=True, db_constraint=False)
    # A name can be changed to someone else's. Kind, id and address tell who it was.
    actor_kind = models.CharField(
        max_length=7, choices=ActorKind, default=ActorKind.SYSTEM, db_default=ActorKind.SYSTEM
    )
    # The person's number, the key's public id, or the name of a part of the system.
    actor_ref = models.CharField(max_length=64, blank=True, db_default="")
    # The person's address, or that of the person who made the key.
    actor_email = models.CharField(max_length=254, blank=True, db_default="")
    actor_name = models.CharField(max_length=200)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=300, blank=True)
    # The id of the thing, by which its page finds its own history.
    subject = models.CharField(max_length=64, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    rows = models.BigIntegerField(null=True)
    has_personal_data = models.BooleanField(default=False)
    is_refused = models.BooleanField(default=False)
    changes = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-at", "-id"], name="audit_newest"),
            models.Index(fields=["organization", "action", "-at"], name="audit_by_action"),
            models.Index(
                fields=["organization", "actor_kind", "actor_ref", "-at"], name="audit_by_actor"
            ),
            models.Index(
                fields=["organization", "subject", "-at"],
                condition=~models.Q(subject=""),
                name="audit_by_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.action} {self.target}"

    @property
    def actor_words(self) -> str:
        """Return what tells this actor from others of the same name."""
        if self.actor_kind == ActorKind.KEY:
            return self.actor_ref
        return self.actor_email or ActorKind(self.actor_kind).label


class AuditLink(models.Model):
    """A line's place in its organization's chain. Written by the database at the end of the line's transaction.

    The hash covers the line and the hash before it (`sql.audit_content`), so a line that is changed, removed or put in
    afterwards breaks the chain from there on.
    """

    event = models.OneToOneField(
        AuditEvent, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False
    )
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    sequence = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "sequence"], name="audit_link_place")
        ]

    def __str__(self) -> str:
        return f"{self.sequence}"


class AuditChain(models.Model):
    """The end of an organization's chain: how many lines it has, and the hash of the last."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    sequence = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.sequence}"


class AuditRead(models.Model):
    """Reads of personal data by one actor in one minute, until they become a line of the audit log.

    A program may read a thousand pages a minute; the log says so in one line and not in a thousand.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    minute = models.DateTimeField()
    actor = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    actor_kind = models.CharField(max_length=7, choices=ActorKind)
    actor_ref = models.CharField(max_length=64)
    actor_email = models.CharField(max_length=254, blank=True)
    actor_name = models.CharField(max_length=200)
    action = models.CharField(max_length=60)
    # What was read, in words: the protocol, and the sections or columns.
    detail = models.CharField(max_length=500, blank=True)
    address = models.GenericIPAddressField(null=True)
    has_personal_data = models.BooleanField(default=True)
    requests = models.BigIntegerField()
    rows = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "organization",
                    "actor_kind",
                    "actor_ref",
                    "minute",
                    "action",
                    "detail",
                    "address",
                ],
                nulls_distinct=False,
                name="audit_read_once_a_minute",
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action}, {self.rows} rows"
