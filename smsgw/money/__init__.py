"""What messages cost: what a part costs over which link, and what was charged."""
