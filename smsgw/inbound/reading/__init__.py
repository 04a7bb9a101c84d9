"""Read a customer's answer: what it asks for, in any of the languages, and which words say so."""
