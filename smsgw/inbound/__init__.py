"""In: a text from the network to a row that somebody can act on."""
