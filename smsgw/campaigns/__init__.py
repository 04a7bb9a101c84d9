"""Campaigns: the right people, at the right hour, through the one door, and what that brought."""
