"""People: who they are, what they agreed to, and what they took back."""
