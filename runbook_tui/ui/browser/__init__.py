"""The span browser: one file for each question that is asked of a trace."""
