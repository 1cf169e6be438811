"""Long work that nothing can lose: jobs, their fragments and their results. Knows nothing of what the work is."""
