"""The catalogue: what can be ordered, how people spell it, and its file with a difference before it is taken."""
