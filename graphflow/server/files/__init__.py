"""Pictures and other files that come in and go out."""
