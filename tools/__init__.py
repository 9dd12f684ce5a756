"""What course.py calls inside the environment."""
