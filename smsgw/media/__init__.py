"""What is no text message: letters by e-mail."""
