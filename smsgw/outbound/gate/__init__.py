"""The gate: may it go? Every check in its order, and the rules that they obey."""
