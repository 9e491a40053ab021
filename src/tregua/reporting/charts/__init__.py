"""Charts for files and reports, drawn with Matplotlib."""
