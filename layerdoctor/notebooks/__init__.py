"""Source without files: the cells of notebooks, and what is typed into sessions."""
