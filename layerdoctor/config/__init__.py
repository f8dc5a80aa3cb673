"""What a project says of its layers, and which layers it has."""
