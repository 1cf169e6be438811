"""Settings: one's own profile; members, keys, feeds and the audit log for those who manage them."""
