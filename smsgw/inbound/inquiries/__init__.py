"""Inquiries: what a person must answer, and the questions that the business lets be answered by themselves."""
