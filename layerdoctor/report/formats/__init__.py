"""One module a format, each with a `render` that returns the whole report."""
