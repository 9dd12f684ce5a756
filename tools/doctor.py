"""One page on this computer: what the course finds here, and what to do where that is not enough.

    python course.py doctor [--here]

Every line is `ok`, a `note` (it works, but something is worth knowing) or a `problem`. Nothing is
installed or changed, and nothing but the standard library is needed: what concerns the packages is
asked of the environment's own Python, where there is one.
"""

from __future__ import annotations

import ctypes
import json
import locale
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from defaults import is_foreign
from tools import environment, installers, isolation

GB = 10**9
DISK_NEEDED = 3 * GB  # the packages, with their bytecode
DISK_TO_WORK = GB // 2
MEMORY_NEEDED = 4 * GB  # the largest notebook and JupyterLab together
LONGEST_PATH_WITHIN = 150  # characters that .venv adds to the course's folder, at most


@dataclass(frozen=True)
class Finding:
    """One line of the page.

    Attributes:
        state: "ok", "note" or "problem".
        subject: what it is about, in a word or two.
        text: what was found.
        advice: what to do; empty where nothing needs doing.
    """

    state: str
    subject: str
    text: str
    advice: str = ""


def ok(subject: str, text: str) -> Finding:
    """Return a line that asks for nothing."""
    return Finding("ok", subject, text)


def note(subject: str, text: str, advice: str = "") -> Finding:
    """Return a line that is worth knowing."""
    return Finding("note", subject, text, advice)


def problem(subject: str, text: str, advice: str) -> Finding:
    """Return a line that must be dealt with."""
    return Finding("problem", subject, text, advice)


# --- The computer ---------------------------------------------------------------------------------


def python() -> Iterable[Finding]:
    """What Python this is."""
    bits = 64 if sys.maxsize > 2**32 else 32
    text = f"{platform.python_implementation()} {platform.python_version()}, {bits} bit"
    text += f", {sys.executable}"
    if bits == 32:
        yield problem("Python", text, "Install a 64-bit Python: TensorFlow has no other packages.")
    elif platform.python_implementation() != "CPython":
        yield problem("Python", text, "Install CPython, the Python of python.org.")
    else:
        yield ok("Python", text)


def system() -> Iterable[Finding]:
    """Whether TensorFlow has packages for this system."""
    name, machine = platform.system(), platform.machine().lower()
    text = f"{platform.platform()}, {machine}"
    arm, intel = machine in ("arm64", "aarch64"), machine in ("x86_64", "amd64")
    if name == "Darwin" and not arm:
        advice = "TensorFlow has none for Intel Macs; on Apple silicon use a Python for arm64."
    elif name == "Windows" and not intel:
        advice = "TensorFlow's packages for Windows are for x86-64: use such a Python, or WSL."
    elif name == "Linux" and not (arm or intel):
        advice = "TensorFlow's packages for Linux are for x86-64 and arm64."
    elif name == "Linux" and Path("/etc/alpine-release").exists():
        advice = "TensorFlow's packages need glibc: use another system or container than Alpine."
    elif name not in ("Darwin", "Windows", "Linux"):
        advice = "There are packages for Linux, Windows and macOS only."
    else:
        yield ok("system", text)
        return
    yield problem("system", text, advice)


def disk(folder: Path, is_set_up: bool) -> Iterable[Finding]:
    """Whether the packages fit onto the disk, or the students' work if they are there already."""
    free, needed = shutil.disk_usage(folder).free, DISK_TO_WORK if is_set_up else DISK_NEEDED
    text = f"{free / GB:.1f} GB free, {needed / GB:g} GB needed"
    if free < needed:
        yield problem("disk", text, "Make room, or put the course on another disk.")
    else:
        yield ok("disk", text)


def memory(size: int | None) -> Iterable[Finding]:
    """Whether there is enough memory.

    Args:
        size: in bytes; None if the system does not tell.
    """
    if size is None:
        yield note("memory", "this system does not tell how much there is")
    elif size < MEMORY_NEEDED:
        text = f"{size / GB:.1f} GB; the largest notebooks may need {MEMORY_NEEDED / GB:g} GB"
        yield note("memory", text, "Close other programs while a notebook runs.")
    else:
        yield ok("memory", f"{size / GB:.1f} GB")


def runs_on_windows() -> bool:
    """Say whether this is Windows."""
    return os.name == "nt"


def memory_size() -> int | None:
    """Return the size of this computer's memory in bytes, or None."""
    if runs_on_windows():
        kilobytes = ctypes.c_ulonglong()
        found = ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value * 1024 if found else None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def cores(count: int) -> Iterable[Finding]:
    """Whether there are the two cores on which the notebooks' times were measured."""
    if count < 2:
        yield note("cores", "1", "Notebooks take about twice as long as they say.")
    else:
        yield ok("cores", str(count))


def core_count() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows do not tell
        return os.cpu_count() or 1


def folder(path: Path) -> Iterable[Finding]:
    """Whether the course lies where it can work."""
    try:
        (path / "build").mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=path / "build"):
            pass
    except OSError as error:
        yield problem(
            "folder",
            f"{path} cannot be written to ({error.strerror})",
            "Copy the course to a folder of your own.",
        )
        return
    if runs_on_windows() and len(str(path)) + LONGEST_PATH_WITHIN > 260:
        yield note(
            "folder",
            f"{path} is {len(str(path))} characters long",
            "Windows may refuse longer paths in it: switch long paths on, or use a shorter folder.",
        )
    elif re.search(r"(?i)onedrive|dropbox|icloud|google ?drive|nextcloud", str(path)):
        yield note(
            "folder",
            f"{path} seems to be synchronised with other computers",
            "Keep .venv, which holds 3 GB, out of that, or move the course.",
        )
    else:
        yield ok("folder", str(path))


# --- The environment and its packages -------------------------------------------------------------


def set_up(prefix: Path, interpreter: Path) -> Iterable[Finding]:
    """Whether the environment is there and complete.

    Args:
        prefix: its folder.
        interpreter: its Python.
    """
    stamp = environment.read(prefix / environment.STAMP)
    if not interpreter.exists():
        yield note("set-up", "not done yet", "Every other command does it: python course.py lab.")
    elif not environment.works(prefix, interpreter):
        yield note("set-up", "the Python that made .venv is gone", "The next call makes it anew.")
    elif stamp.startswith("unfinished"):
        yield note("set-up", "the last one was interrupted", "The next call mends it.")
    elif not stamp.startswith(environment.wanted_stamp()):
        text = "of other packages or of another Python than wanted now"
        yield note("set-up", text, "The next call brings it up to date.")
    else:
        yield ok("set-up", f"complete, in {prefix}")


COMPARE = """
import importlib.metadata, json, sys
from packaging.requirements import Requirement
missing, other, count = [], [], 0
for line in open(sys.argv[1], encoding="utf-8"):
    if not line.strip() or line.startswith(("#", "-", " ")):
        continue
    pin = Requirement(line.strip())
    if pin.marker and not pin.marker.evaluate():
        continue
    count += 1
    try:
        found = importlib.metadata.version(pin.name)
    except importlib.metadata.PackageNotFoundError:
        missing.append(pin.name)
        continue
    if not pin.specifier.contains(found, prereleases=True):
        other.append(f"{pin.name} {found} (pinned: {pin.specifier})")
print(json.dumps([count, missing, other]))
"""


def packages(interpreter: Path, requirements: Path) -> Iterable[Finding]:
    """Which packages are not there, or not as pinned."""
    done = ask(interpreter, COMPARE, str(requirements))
    if done.returncode:
        text = f"they cannot be compared with requirements.txt: {last_line(done.stderr)}"
        yield problem("packages", text, "Remove the folder .venv; the next call makes it anew.")
        return
    count, missing, other = json.loads(done.stdout.splitlines()[-1])
    if missing:
        text = f"missing: {', '.join(missing)}"
        yield problem("packages", text, "Remove the folder .venv; the next call makes it anew.")
    if other:
        text = f"not as pinned: {', '.join(name.replace('==', '') for name in other)}"
        yield note("packages", text, "Numbers may differ a little from the stored ones.")
    if not missing and not other:
        yield ok("packages", f"{count}, all as pinned")


IMPORT = """
import time
start = time.perf_counter()
import tensorflow
print(tensorflow.__version__, round(time.perf_counter() - start, 1))
print(len(tensorflow.config.list_physical_devices("GPU")))
"""


def tensorflow(interpreter: Path) -> Iterable[Finding]:
    """Whether TensorFlow starts."""
    done = ask(interpreter, IMPORT)
    if done.returncode == 0:
        version_and_seconds, gpus = done.stdout.splitlines()[-2:]
        version, seconds = version_and_seconds.split()
        text = f"{version} starts, in {seconds} s"
        if int(gpus):
            yield note(
                "TensorFlow",
                f"{text}; it uses {gpus} GPU",
                "Numbers differ a little from the stored ones, which are a processor's.",
            )
        else:
            yield ok("TensorFlow", text)
    elif done.returncode in (-4, 132, 0xC000001D, 0xC000001D - 2**32):
        yield problem(
            "TensorFlow",
            "it stops at an instruction that this processor does not have",
            "It needs AVX, which processors have had since about 2011 and some virtual machines "
            "hide: use another computer, or let the virtual machine show its processor.",
        )
    else:
        advice = "Remove the folder .venv; the next call makes it anew."
        if runs_on_windows() and "DLL" in done.stderr:
            advice = "Install the Microsoft Visual C++ Redistributable for x64, then try again."
        yield problem("TensorFlow", f"it does not start: {last_line(done.stderr)}", advice)


PROVE = """
from tools.labs import sandbox
try:
    sandbox.prove(sandbox.Limits())
except sandbox.SandboxError as error:
    print(error)
"""


def lab_sandbox(interpreter: Path | None) -> Iterable[Finding]:
    """Whether labs can be graded safely here; only instructors need that.

    Args:
        interpreter: the environment's Python; None if it is not set up.
    """
    for_instructors = "Only needed to grade labs, see labs/README.md."
    if interpreter is None:
        yield note("sandbox", "tried after the set-up", for_instructors)
        return
    done = ask(interpreter, PROVE)
    reason = done.stdout.strip() or (last_line(done.stderr) if done.returncode else "")
    if reason:
        yield note("sandbox", reason, for_instructors)
    else:
        yield ok("sandbox", "labs can be graded in it")


def ask(interpreter: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in the environment's Python as the launcher would, at the course's root."""
    variables = isolation.cleaned(dict(os.environ))
    variables["TF_CPP_MIN_LOG_LEVEL"] = "3"
    try:
        return subprocess.run(
            [str(interpreter), "-c", code, *arguments],
            env=variables,
            cwd=environment.ROOT,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=300,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess([], 1, "", "it takes longer than 300 s")
    except OSError as error:
        return subprocess.CompletedProcess([], 1, "", str(error))


def last_line(text: str) -> str:
    """Return the line of a traceback that names the error, or else the last that is not blank."""
    lines = [line for line in text.splitlines() if line.strip()] or ["it said nothing"]
    errors = [line for line in lines if re.match(r"[A-Za-z_][\w.]*(Error|Exception)\b", line)]
    return (errors or lines)[-1].strip()


# --- The user's configuration ---------------------------------------------------------------------

ELSEWHERE = "course.py keeps it out; unset it for a Jupyter that you start otherwise."
# Variables that are passed on, with what they do. A name that ends in * stands for a group.
PASSED_ON = {
    "COURSE_DATA": "names the folder with real data files",
    "COURSE_LAX": "lets tests ignore stored outputs",
    "COURSE_*": "changes how the course's tools work",
    "OMP_*": "sets the number of threads, and so how long notebooks take",
    "OPENBLAS_NUM_THREADS": "sets the number of threads, and so how long notebooks take",
    "MKL_NUM_THREADS": "sets the number of threads, and so how long notebooks take",
    "TF_NUM_*": "sets the number of threads, and so how long notebooks take",
    "CUDA_VISIBLE_DEVICES": "says which GPUs TensorFlow sees",
    "KERAS_HOME": "says where Keras keeps its settings and weights",
    "LD_LIBRARY_PATH": "brings libraries from elsewhere, which may stop TensorFlow",
    "LD_PRELOAD": "brings libraries from elsewhere, which may stop TensorFlow",
    "DYLD_*": "brings libraries from elsewhere, which may stop TensorFlow",
    "PYTHONNOUSERSITE": "hides the packages that you installed for yourself",
    "PYTHONDONTWRITEBYTECODE": "makes every start slower",
}
HARMLESS = (
    "PYTHONUTF8",
    "PYTHONUNBUFFERED",
    "PYTHONFAULTHANDLER",
    "PIP_DISABLE_PIP_VERSION_CHECK",
)


def variables(found: Mapping[str, str]) -> Iterable[Finding]:
    """Which environment variables change Python, packages or tools, and whether they arrive."""
    lines = []
    no_folder = "Unset it, or name a folder with data."
    for name, value in sorted(found.items()):
        upper, shown = name.upper(), f"{name}={hide_passwords(value)}"
        meaning = next(
            (
                meaning
                for pattern, meaning in PASSED_ON.items()
                if upper == pattern or (pattern[-1] == "*" and upper.startswith(pattern[:-1]))
            ),
            "",
        )
        if upper == "COURSE_DATA" and value != "default" and not Path(value).is_dir():
            lines.append(problem("variable", f"{shown} is no folder", no_folder))
        elif meaning:
            lines.append(note("variable", f"{shown} {meaning}"))
        elif upper in HARMLESS:
            continue
        elif is_foreign(upper, isolation.PASSED_ON):
            lines.append(note("variable", shown, ELSEWHERE))
        elif upper.startswith("PIP_") and not installers.is_connection(upper):
            lines.append(note("variable", shown, "The set-up keeps it out."))
        elif upper.startswith("UV_") and not installers.UV_CONNECTION.fullmatch(upper):
            lines.append(note("variable", shown, "The set-up keeps it out."))
    return lines or [ok("variables", "none that changes Python, packages or tools")]


def hide_passwords(text: str) -> str:
    """Return a text without user names and passwords in its web addresses."""
    return re.sub(r"//[^/@\s]+@", "//...@", text)


def encoding(name: str) -> Iterable[Finding]:
    """Whether files are read and written in UTF-8 by programs that do not say how."""
    if name.lower().replace("-", "") == "utf8":
        yield ok("encoding", name)
    else:
        yield note("encoding", name, "course.py uses UTF-8 all the same (PYTHONUTF8=1).")


KERAS_DEFAULTS = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}


def keras(found: Mapping[str, str], home: Path) -> Iterable[Finding]:
    """What keras.json says that is not Keras's own default."""
    path = Path(found.get("KERAS_HOME") or home / ".keras", "keras.json")
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return [ok("Keras", "no settings of yours")]
    except ValueError:
        return [note("Keras", f"{path} is not JSON", "Keras ignores it: remove it.")]
    if not isinstance(settings, dict) or not keras_accepts(settings):
        return [problem("Keras", f"{path} holds what Keras refuses", "Rename that file.")]
    other = {k: v for k, v in settings.items() if k in KERAS_DEFAULTS and v != KERAS_DEFAULTS[k]}
    if not other:
        return [ok("Keras", f"{path} says what Keras does by itself")]
    text = f"{path}: {', '.join(f'{key} {value}' for key, value in other.items())}"
    return [note("Keras", text, "The notebooks' set-up cell sets Keras's own defaults.")]


def keras_accepts(settings: Mapping[str, object]) -> bool:
    """Say whether Keras starts with these settings."""
    settings = {**KERAS_DEFAULTS, **settings}
    return (
        settings["floatx"] in ("float16", "float32", "float64")
        and isinstance(settings["epsilon"], float)
        and settings["image_data_format"] in ("channels_last", "channels_first")
    )


def settings_files(found: Mapping[str, str], home: Path) -> Iterable[Finding]:
    """Which files of the user's configure Matplotlib, IPython, Jupyter, pip and uv."""
    config = Path(found.get("XDG_CONFIG_HOME") or home / ".config")
    ipython = Path(found.get("IPYTHONDIR") or home / ".ipython") / "profile_default"
    jupyter = Path(found.get("JUPYTER_CONFIG_DIR") or home / ".jupyter")
    matplotlib = [config / "matplotlib", home / ".matplotlib"]
    if found.get("MPLCONFIGDIR"):
        matplotlib.insert(0, Path(found["MPLCONFIGDIR"]))
    setup_cell = "course.py keeps them out; the notebooks' set-up cell sets the defaults."
    kinds = {
        "Matplotlib": ([f / "matplotlibrc" for f in matplotlib], setup_cell),
        "IPython": (
            [
                ipython / "ipython_config.py",
                ipython / "ipython_kernel_config.py",
                *sorted((ipython / "startup").glob("*.*py")),
            ],
            setup_cell,
        ),
        "Jupyter": (
            sorted(jupyter.glob("jupyter_*config.*")),
            "course.py keeps them out; your theme and shortcuts stay.",
        ),
        "uv": (
            [config / "uv" / "uv.toml", Path("/etc/uv/uv.toml")],
            "The set-up does not read them: it uses pip's package indexes.",
        ),
    }
    lines = []
    for subject, (paths, advice) in kinds.items():
        there = [str(path) for path in paths if path.is_file()]
        if there:
            lines.append(note(subject, f"settings in {', '.join(there)}", advice))
    return lines or [ok("settings", "none of yours for Matplotlib, IPython, Jupyter or uv")]


def pip_settings() -> subprocess.CompletedProcess[str]:
    """Ask pip for its settings, from files and variables."""
    return subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )


def pip(done: subprocess.CompletedProcess[str]) -> Iterable[Finding]:
    """Which settings of pip the set-up keeps out, and which it follows.

    Args:
        done: as `pip_settings` returns it.
    """
    if done.returncode:
        return [note("pip", f"this Python has none, or it fails: {last_line(done.stderr)}")]
    lines = [line for line in done.stdout.splitlines() if re.match(r"[\w-]+\.[\w-]+=", line)]
    kept_out = [
        hide_passwords(line)
        for line in lines
        if line.split("=")[0].partition(".")[2] not in installers.PIP_CONNECTION
    ]
    if kept_out:
        return [note("pip", f"settings: {', '.join(kept_out)}", "The set-up keeps them out.")]
    return [ok("pip", "it follows your package indexes" if lines else "no settings of yours")]


def kernels(found: Mapping[str, str], home: Path) -> Iterable[Finding]:
    """Which other kernels are called python3, as the course's own is."""
    data = [home / ".local" / "share" / "jupyter", home / "Library" / "Jupyter"]
    data += [Path(p) for p in found.get("JUPYTER_PATH", "").split(os.pathsep) if p]
    data += [
        Path(found[name], *parts)
        for name, parts in {
            "JUPYTER_DATA_DIR": (),
            "APPDATA": ("jupyter",),
            "PROGRAMDATA": ("jupyter",),
        }.items()
        if found.get(name)
    ]
    data += [Path("/usr/local/share/jupyter"), Path("/usr/share/jupyter")]
    there = [str(path) for f in data if (path := f / "kernels" / "python3").is_dir()]
    if there:
        text = f"another kernel is called python3: {', '.join(dict.fromkeys(there))}"
        advice = "course.py passes it over; a Jupyter that you start otherwise may take it."
        return [note("kernels", text, advice)]
    return [ok("kernels", "no other is called python3")]


# --- The page -------------------------------------------------------------------------------------


def examine(here: bool) -> list[Finding]:
    """Return every line of the page.

    Args:
        here: look at the environment of the running Python, not at .venv.
    """
    prefix = Path(sys.prefix) if here else environment.ROOT / ".venv"
    interpreter = Path(sys.executable) if here else environment.venv_python()
    is_there = environment.works(prefix, interpreter)
    found, home = dict(os.environ), Path(os.path.expanduser("~"))
    findings = [*python(), *system(), *memory(memory_size()), *cores(core_count())]
    findings += [*folder(environment.ROOT), *disk(environment.ROOT, is_there)]
    findings += set_up(prefix, interpreter)
    if is_there:
        findings += [*packages(interpreter, environment.REQUIREMENTS), *tensorflow(interpreter)]
    findings += [*lab_sandbox(interpreter if is_there else None), *kernels(found, home)]
    findings += [*variables(found), *encoding(locale.getencoding()), *keras(found, home)]
    return findings + [*settings_files(found, home), *pip(pip_settings())]


def page(findings: Iterable[Finding]) -> str:
    """Return the page: a line or more for each finding, at most 100 columns wide."""
    lines = []
    for finding in findings:
        head = f"{finding.state:<8} {finding.subject:<11} "
        lines += textwrap.wrap(
            head + finding.text, 100, subsequent_indent=" " * len(head), break_on_hyphens=False
        )
        if finding.advice:
            indent = " " * len(head)
            lines += textwrap.wrap(
                indent + "-> " + finding.advice,
                100,
                subsequent_indent=indent + "   ",
                break_on_hyphens=False,
            )
    return "\n".join(lines) + "\n"


def main(here: bool) -> int:
    """Print the page; return 1 if there is a problem, else 0."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a path may hold what this terminal cannot show
    findings = examine(here)
    problems = sum(finding.state == "problem" for finding in findings)
    notes = sum(finding.state == "note" for finding in findings)
    sys.stdout.write(page(findings) + f"\nProblems: {problems}. Notes: {notes}.\n")
    return 1 if problems else 0
