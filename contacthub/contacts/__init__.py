"""Companies and contacts, what is known of each and since when; shared by all or private to one organization."""
