"""How messages reach a network: one file or folder per kind of link; its name is the `kind` in the configuration."""
