"""How nbgrader treats this course.

Read by `python course.py labs`, by nbgrader's own commands when called in this folder, and by
JupyterLab's Formgrader page (`python course.py labs formgrader`).
"""

import os
import sys
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    GetGrades,
    LimitOutput,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tools.labs import literal_paths, pages  # noqa: E402 - needs the path
from tools.labs.executing import SandboxedExecute  # noqa: E402 - needs the path
from tools.labs.harmless import PICTURES, HarmlessContent  # noqa: E402 - needs the path
from tools.labs.hidden import HideTests  # noqa: E402 - needs the path
from tools.labs.restoring import RestoreCells  # noqa: E402 - needs the path

HOME = Path(os.environ.get("COURSE_LABS_HOME") or HERE)  # where everything about the class lies

literal_paths.install()
c = get_config()  # noqa: F821 - given by traitlets

c.CourseDirectory.course_id = "deep_learning"
c.CourseDirectory.root = str(HOME)
c.CourseDirectory.source_directory = str(HERE / "source")
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache"]
c.ClearSolutions.code_stub = {
    "python": '# YOUR CODE HERE\nraise NotImplementedError("This task has no answer yet.")'
}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"
c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    RestoreCells,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    SandboxedExecute,
    HarmlessContent,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.GenerateFeedback.preprocessors = [GetGrades, HideTests, CSSHTMLHeaderPreprocessor]
# How Formgrader and feedback show submissions: by a template that builds upon nbgrader's.
c.HTMLExporter.template_file = str(pages.TEMPLATE)
c.HTMLExporter.filters = pages.FILTERS
c.NbConvertBase.display_data_priority = [*PICTURES, "text/plain"]
c.HTMLExporter.sanitize_html = True
c.SandboxedExecute.store = str(HOME / "executed")

# What one submission may use is set in tools/labs/limits.py; here it can be changed, for example
# for a slow machine:
# c.SandboxedExecute.cell_seconds = 60
