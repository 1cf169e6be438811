"""Enrichment: the list, the way from an input to a job, and the job's page."""
