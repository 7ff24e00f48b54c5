"""Who may ask, from where, and how often: the checks that every request passes."""
