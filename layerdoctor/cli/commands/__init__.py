"""The commands: one file each, with a function ``command`` whose parameters are its options."""
