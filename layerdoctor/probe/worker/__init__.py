"""The process that examines: its start, its channel, and what it leaves behind."""
