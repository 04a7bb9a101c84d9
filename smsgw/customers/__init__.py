"""People: what they agreed to, and what they took back."""
