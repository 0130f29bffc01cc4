"""The rules of importing contacts: which column is what, which row is whom. Reads no file itself."""
