"""Orders: what a customer asked for, at which price, what becomes of it, and how it leaves the house."""
