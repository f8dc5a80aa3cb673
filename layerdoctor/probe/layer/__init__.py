"""The layer itself: found, constructed, called, and how it fails."""
