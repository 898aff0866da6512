"""Tables in files: how their text is read and written, whoever made them."""
