"""Out and back: a message from the door to its last receipt."""
