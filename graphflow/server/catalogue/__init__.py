"""What there is to choose from: node types, model files, saved workflows."""
