# Set-up: the same in every notebook. It finds helpers.py in this folder or above, fixes the seeds and the style of figures.
import sys
from pathlib import Path

here = Path.cwd()
root = next(
    (
        p
        for p in (here, *here.parents)
        if (p / "helpers.py").exists() and (p / "course.py").exists()
    ),
    None,
)
if root is None:
    raise SystemExit(
        "This notebook must stay inside the course folder (for example in work/): helpers.py was not found here or above."
    )
sys.path.insert(0, str(root))
import helpers

helpers.setup(seed=42)
