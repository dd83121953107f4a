"""What a user would pick instead, each a program of its own that prints its figures as one line of JSON."""
