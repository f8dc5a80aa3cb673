"""Processes that examine targets: started, fed, watched, and their results kept."""
