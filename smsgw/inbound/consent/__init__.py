"""Consent as it comes in: the words for stop, start and help, the answers to our questions, and what is said back."""
