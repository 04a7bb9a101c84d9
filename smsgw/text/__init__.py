"""Words: pure functions over numbers and texts; no database, no network, no clock."""
