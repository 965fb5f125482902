"""Results for people and programs: texts, tables, files, figures.  Nothing below imports it at load."""
