"""Client programs that connect to us: who may come in, what they submit, what they are told."""
