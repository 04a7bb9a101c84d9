"""Surveys: what is asked, of whom, what came back, and what it adds up to."""
