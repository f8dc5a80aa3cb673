"""How gradients reach each variable, and where and why they do not."""
