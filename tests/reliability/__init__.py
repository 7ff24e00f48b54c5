"""The promises about faults, kept by real servers: each scenario breaks something and counts what was lost."""
