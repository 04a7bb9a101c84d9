"""Sheets of customers: read, compared with what is known, shown, applied, and undone within a day."""
