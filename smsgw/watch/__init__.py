"""What an administrator sees of a running gateway, and is told before anything breaks."""
