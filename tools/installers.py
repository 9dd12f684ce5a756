"""Installing requirements.txt: with uv where it can be had, otherwise with pip.

uv installs the same packages in less than half the time. Both get the user's package indexes and
connection from pip's configuration, and nothing else of anybody's: `user = true`, a target folder,
constraints or a ban on wheels, right for other work, would break the set-up.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from tools.console import say, stop
from tools.isolation import cleaned

# The settings of pip that say where packages are and how to get there.
PIP_CONNECTION = (
    "index-url",
    "extra-index-url",
    "no-index",
    "find-links",
    "trusted-host",
    "cert",
    "client-cert",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
    "cache-dir",
    "no-cache-dir",
    "keyring-provider",
    "use-deprecated",
    "use-feature",
)
# The variables of uv that say the same; each of its indexes may have more with names of its own.
UV_CONNECTION = re.compile(
    "UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|INSECURE_HOST|SYSTEM_CERTS|"
    r"NATIVE_TLS|CACHE_DIR|LINK_MODE|OFFLINE|HTTP_\w+|KEYRING_PROVIDER|INDEX_\w+)"
)
NO_PACKAGES = (
    "Most often there is no network, or no package for this computer (there are some for 64-bit "
    "Linux, Windows on x86-64 and Apple-silicon Macs). The next call tries again."
)


def pip_settings(python: Path) -> dict[str, str] | None:
    """Return what pip is told about indexes and connections; None if this Python has no pip.

    Files and variables are both asked for by `pip config list`, which prints those that count more
    later, as in `global.index-url='https://...'`, variables with the section `:env:`.
    """
    if subprocess.run([python, "-c", "import pip"], env=environ(), capture_output=True).returncode:
        return None
    told = {name: value for name, value in os.environ.items() if is_connection(name)}
    done = subprocess.run(
        [python, "-m", "pip", "config", "list"],
        env={**environ(), **told},
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it does not say why"])[-1]
        say(f"pip cannot read its own files of settings, so they are not followed: {reason}")
        return {
            key_of(name): value for name, value in told.items() if key_of(name) in PIP_CONNECTION
        }
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in done.stdout.splitlines():
        found = re.fullmatch(r"(global|install|:env:)\.([\w-]+)=(.*)", line)
        if found and found.group(2) in PIP_CONNECTION:
            section, key, value = found.groups()
            sections[section][key] = " ".join(ast.literal_eval(value).split())
    return {key: value for values in sections.values() for key, value in values.items()}


def key_of(variable: str) -> str:
    """Return the name by which pip's files of settings know what a variable of pip sets."""
    return variable.upper().removeprefix("PIP_").lower().replace("_", "-")


def is_connection(variable: str) -> bool:
    """Say whether a variable tells pip where packages are, or where its settings are."""
    keys = (*PIP_CONNECTION, "config-file")
    return variable.upper().startswith("PIP_") and key_of(variable) in keys


def environ() -> dict[str, str]:
    """Return this process's variables without what changes Python, pip or uv."""
    return {
        name: value
        for name, value in cleaned(dict(os.environ)).items()
        if not name.upper().startswith("PIP_")
        and (not name.upper().startswith("UV_") or UV_CONNECTION.fullmatch(name.upper()))
    }


def for_pip(settings: dict[str, str]) -> dict[str, str]:
    """Return the variables with which pip is called: these settings and no file of settings."""
    told = {"PIP_" + key.upper().replace("-", "_"): value for key, value in settings.items()}
    return {**environ(), **told, "PIP_CONFIG_FILE": os.devnull}


def for_uv(settings: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the variables and options with which uv is called, so that it finds what pip finds."""
    variables, options = environ(), ["--index-strategy", "unsafe-best-match"]  # as pip does
    variables.setdefault("UV_SYSTEM_CERTS", "1")  # pip, too, trusts what the system trusts
    for key, option in {
        "index-url": "--default-index",
        "extra-index-url": "--index",
        "find-links": "--find-links",
        "trusted-host": "--allow-insecure-host",
    }.items():
        for value in settings.get(key, "").split():
            options += [option, value]
    if is_on(settings.get("no-index", "")):
        options.append("--no-index")
    if settings.get("keyring-provider") == "subprocess":
        options += ["--keyring-provider", "subprocess"]
    for key, names in {
        "cert": ["SSL_CERT_FILE"],
        "client-cert": ["SSL_CLIENT_CERT"],
        "proxy": ["HTTP_PROXY", "HTTPS_PROXY"],
        "default-timeout": ["UV_HTTP_TIMEOUT"],
        "timeout": ["UV_HTTP_TIMEOUT"],
        "retries": ["UV_HTTP_RETRIES"],
    }.items():
        if settings.get(key):
            variables.update(dict.fromkeys(names, settings[key]))
    return variables, options


def is_on(value: str) -> bool:
    """Say whether pip takes this value of a switch for true."""
    return value.lower() in ("1", "true", "yes", "on", "t", "y")


def find_uv(python: Path, settings: dict[str, str] | None, requirements: Path) -> list[str]:
    """Return the command that starts uv, after installing it if need be; empty if there is none.

    Args:
        python: the Python of the environment to which it belongs.
        settings: as `pip_settings` returns them.
        requirements: the file that pins its version. One that does not name it wants none.
    """
    pin = uv_pin(requirements)
    if not pin:
        return []
    own = [str(python), "-m", "uv"]
    if settings is not None:
        install = ["install", "--quiet", "--retries", "1", "--only-binary", ":all:", pin]
        subprocess.run(
            [python, "-m", "pip", *install], env=for_pip(settings), capture_output=True, check=False
        )
    if works(own):
        return own
    elsewhere = shutil.which("uv")
    return [elsewhere] if elsewhere and works([elsewhere]) else []


def works(uv: list[str]) -> bool:
    """Say whether uv starts."""
    try:
        done = subprocess.run([*uv, "--version"], env=environ(), capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def by_uv(uv: list[str], python: Path, settings: dict[str, str], requirements: Path) -> bool:
    """Install the requirements with uv, compiled; say whether that went well."""
    variables, options = for_uv(settings)
    command = [*uv, "pip", "install", "--quiet", "--no-config", "--compile-bytecode", *options]
    command += ["--python", str(python), "-r", str(requirements)]
    return subprocess.call(command, env=variables) == 0


def by_pip(
    python: Path, prefix: Path, settings: dict[str, str], requirements: list[str], here: bool
) -> None:
    """Install requirements with pip, and compile them; end with a sentence if it fails.

    Args:
        python: the environment's Python.
        prefix: its folder.
        settings: as `pip_settings` returns them.
        requirements: the arguments that say what to install.
        here: whether it is the environment of the running Python.
    """
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not here:
        command.append("--no-compile")  # pip compiles on one core only
    if subprocess.call([*command, *requirements], env=for_pip(settings)):
        if here and belongs_to_the_system():
            stop(
                "This Python belongs to the operating system, which lets nobody else install "
                "packages into it: leave --here away, or make an environment of your own."
            )
        stop(f"pip could not install requirements.txt, see above. {NO_PACKAGES}")
    if not here:
        # The exit status says nothing: some packages hold files not meant for this Python.
        packages = sysconfig.get_path("purelib", "venv", {"base": str(prefix)})
        compiling = [str(python), "-W", "ignore", "-m", "compileall", "-qq", "-j", "0", packages]
        subprocess.call(compiling, env=environ())


def belongs_to_the_system() -> bool:
    """Say whether the running Python is marked as its system's own (PEP 668)."""
    mark = Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
    return sys.prefix == sys.base_prefix and mark.exists()


def install(
    python: Path,
    prefix: Path,
    requirements: Path,
    here: bool,
    start_again: Callable[[], bool],
) -> None:
    """Install the requirements with uv, or else with pip; end with a sentence if neither can.

    Args:
        python: the environment's Python.
        prefix: its folder.
        requirements: the file that pins the versions.
        here: whether it is the environment of the running Python.
        start_again: called without arguments after uv has failed; it empties the environment if
            that may be done, and says whether it did.
    """
    settings = pip_settings(python)
    uv = find_uv(python, settings, requirements)
    if uv and by_uv(uv, python, settings or {}, requirements):
        return
    if settings is None and uv:
        stop(f"uv could not install requirements.txt, see above. {NO_PACKAGES}")
    if settings is None:
        stop(
            "This Python has no pip, which installs the packages: try `python -m ensurepip`, on "
            "Debian and Ubuntu `apt install python3-pip`; or leave --here away."
        )
    wanted = ["-r", str(requirements)]
    if uv:
        say("uv could not install the packages, see above; pip tries now, which takes longer.")
        if not start_again():
            wanted.append("--force-reinstall")  # what is there may be there by half
    elif uv_pin(requirements):
        say("uv, which is faster, cannot be had here; pip installs the packages.")
        lines = requirements.read_text(encoding="utf-8").splitlines()
        wanted = [line for line in lines if line.strip() and not line.startswith(("#", "uv=="))]
    by_pip(python, prefix, settings, wanted, here)


def uv_pin(requirements: Path) -> str:
    """Return the requirement of uv, such as uv==1.2; nothing if it is none of the requirements."""
    found = re.search(r"(?m)^uv==\S+", requirements.read_text(encoding="utf-8"))
    return found.group() if found else ""
