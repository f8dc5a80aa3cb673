"""The command line: what is asked, and where the answer goes."""
