"""What another gateway remembers becomes ours: its messages, people, groups and stops; nothing of it is ever sent."""
