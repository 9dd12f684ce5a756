"""The data layer of the course: cards (README.md), readers with their checks, simulators, files."""
