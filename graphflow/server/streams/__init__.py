"""Events as they happen: who listens, what they missed, and how it reaches them."""
