"""GraphFlow: typed node graphs for diffusion image generation, run by a caching executor."""
