"""The options that commands share, each said once, and what they ask for: one file a group."""
