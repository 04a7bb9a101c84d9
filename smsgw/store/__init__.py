"""Rows: the data model, the states, the one writer of states, and the database itself."""
