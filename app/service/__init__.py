"""The commands and the readings, one command a file. Each command reads, decides, saves, announces (commands.py)."""
