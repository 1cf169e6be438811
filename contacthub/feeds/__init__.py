"""Intent feeds: who may use them and how far, their records, daily sums, frozen searches and the quota ledger."""
