"""The commands, one file for each group; `smsgw.__main__` puts them together and runs them."""
