"""Consent: who agreed to what, with which proof, who took it back, and who must never be written to."""
