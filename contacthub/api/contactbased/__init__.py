"""ContactBased: intent feeds, exports in pages, enrichment of contacts."""
