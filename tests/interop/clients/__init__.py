"""One file for each program that takes part, all behind the same few methods (`client.py`)."""
