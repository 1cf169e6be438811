"""From a contact file to rows of the stage: its columns, what each may hold, and which contact a row is about."""
