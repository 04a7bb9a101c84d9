"""Who may come in: people with passwords, programs with keys."""
