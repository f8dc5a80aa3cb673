"""Constructors and configs that do what Keras expects of them."""
