"""What a message is, what may happen to it, who decides: the gateway itself, without wires and without pages."""

__version__ = "0.1.0"
