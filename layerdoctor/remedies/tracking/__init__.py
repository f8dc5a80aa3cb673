"""Variables, constants and sub-layers put where the framework tracks them."""
