"""The labs: student versions, checking and grading, on top of nbgrader. See labs/README.md."""
