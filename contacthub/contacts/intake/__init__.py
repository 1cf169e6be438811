"""From a contact file to rows of the stage: its columns, what each may hold, and whom a row is about."""
