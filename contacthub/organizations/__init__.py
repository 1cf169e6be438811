"""Who works here: users, organizations, roles and the audit log."""
