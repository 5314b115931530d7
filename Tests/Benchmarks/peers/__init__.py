"""One module a library compared with: its cases, and how it is called."""
