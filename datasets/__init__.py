"""The data layer of the course: data cards (README.md), readers with their checks, simulated files and their simulators."""
