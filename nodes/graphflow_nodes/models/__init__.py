"""From model files to modules: what a file holds, recipes, loading, and the pool that keeps what was loaded."""
