"""Source files, as far as classes of layers need them: what each says, and what its names mean."""
