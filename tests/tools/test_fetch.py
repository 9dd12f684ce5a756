"""`data fetch` against a local server.

What is whole and right is kept, and nothing else; what is there is left alone.
"""

import hashlib
import io
import socket
import subprocess
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from datasets import catalogue
from datasets.catalogue import DATASETS
from tools import data, fetch

ROOT = Path(__file__).resolve().parents[2]
SHAKESPEARE = b"First Citizen:\nBefore we proceed any further, hear me speak.\n" * 2000
POSITIVE, NEGATIVE = b"a gem .\n" * 300, b"caf\xe9 noir it is not .\n" * 300
FILE = "tinyshakespeare/input.txt"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def course(tmp_path, monkeypatch):
    """An empty course folder, and originals whose contents are known here.

    Return where fetched files belong.
    """
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setitem(
        fetch.ORIGINALS,
        "tiny Shakespeare",
        fetch.Original("http://nowhere.invalid/", {FILE: sha256(SHAKESPEARE)}),
    )
    reviews = {
        "sentiment_rt_polarity/rt-polarity.pos": sha256(POSITIVE),
        "sentiment_rt_polarity/rt-polarity.neg": sha256(NEGATIVE),
    }
    monkeypatch.setitem(
        fetch.ORIGINALS,
        "rt-polarity",
        fetch.Original("http://nowhere.invalid/", reviews, archive="both.tar.gz"),
    )
    monkeypatch.setitem(
        fetch.ORIGINALS,
        "MNIST",
        fetch.Original(
            "http://nowhere.invalid/", {f"mnist/{k}.gz": sha256(b"%d" % k) for k in range(4)}
        ),
    )
    return tmp_path / "datasets" / "real"


@pytest.fixture
def server():
    """A server on this machine: `server.files` maps a path to bytes, or to a function that answers;
    `server.asked` lists what was asked for.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            httpd.asked.append(self.path)
            content = httpd.files.get(self.path)
            if content is None:
                self.send_error(404)
            elif callable(content):
                content(self)
            else:
                self.answer(content)

        def answer(self, content, length=None, kind="application/octet-stream"):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            if length != 0:
                self.send_header("Content-Length", str(length or len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.files, httpd.asked, httpd.base = {}, [], f"http://127.0.0.1:{httpd.server_port}/"
    threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()


def there(folder):
    """Return every file below the folder and what it holds.

    An empty folder counts as a file that should not be there.
    """
    paths = [path for path in folder.rglob("*") if path.is_file() or not any(path.iterdir())]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in paths
    }


def tar(**contents):
    """Return a tar.gz file with these members in a folder.

    A name's first _ stands for - and its last for a point.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(
                "rt-polaritydata/" + name.replace("_", "-", 1).replace("_", ".")
            )
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


# --- One file -----------------------------------------------------------------------------------


def test_a_good_file_is_fetched_once(course, server, capsys):
    server.files["/input.txt"] = SHAKESPEARE
    assert fetch.fetch("Tiny shakespeare", server.base) == 0
    assert there(course) == {FILE: SHAKESPEARE}
    assert capsys.readouterr().out.splitlines() == [
        f"fetching tiny Shakespeare: {server.base}input.txt",
        f"fetched  tiny Shakespeare: datasets/real/{FILE}: {len(SHAKESPEARE):,} bytes",
    ]
    assert fetch.fetch("tiny Shakespeare", server.base) == 0
    assert (
        server.asked == ["/input.txt"]
        and capsys.readouterr().out == f"there    tiny Shakespeare: datasets/real/{FILE}\n"
    )


def cut(handler):
    """Promise the whole file, send half of it and hang up."""
    handler.answer(SHAKESPEARE[: len(SHAKESPEARE) // 2], length=len(SHAKESPEARE))
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


BAD_ANSWERS = {
    "another file": (
        SHAKESPEARE[:-1] + b"?",
        f"what the server sent has another checksum; expected sha256 {sha256(SHAKESPEARE)}; "
        f"nothing was kept.",
    ),
    "an empty file": (b"", "another checksum"),
    "a cut connection": (cut, "the connection was cut; expected the whole file; nothing was kept."),
    "half a file of unknown length": (
        lambda handler: handler.answer(SHAKESPEARE[:5000], length=0),
        "another checksum",
    ),
    "a web page": (
        lambda h: h.answer(b"\n<!DOCTYPE html><html>Log in</html>", kind="text/html"),
        "the server sent a web page (HTML); expected the data; nothing was kept.",
    ),
    "an error": (
        lambda handler: handler.send_error(503),
        "the server answered 503 Service Unavailable; expected the file.",
    ),
    "no such file": (None, "the server answered 404 Not Found; expected the file."),
}


@pytest.mark.parametrize("case", BAD_ANSWERS)
def test_a_bad_answer_is_one_sentence_and_keeps_nothing(case, course, server, capsys):
    server.files["/input.txt"], words = BAD_ANSWERS[case]
    assert fetch.fetch("tiny Shakespeare", server.base) == 1
    printed = capsys.readouterr()
    assert (
        printed.out.splitlines()[1].startswith("error    tiny Shakespeare: input.txt: ")
        and words in printed.out
        and len(printed.out.splitlines()) == 2
    )
    assert printed.err == "" and not course.exists()


def test_no_server(course, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers
        assert fetch.fetch("tiny Shakespeare", f"http://127.0.0.1:{taken.getsockname()[1]}/") == 1
    assert (
        "error    tiny Shakespeare: input.txt: the server cannot be reached; expected "
        in capsys.readouterr().out
        and not course.exists()
    )


def test_what_is_there_is_never_overwritten(course, server, capsys):
    server.files["/input.txt"] = SHAKESPEARE
    path = course / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"my own notes")
    assert fetch.fetch("tiny Shakespeare", server.base) == 1
    assert server.asked == [] and there(course) == {FILE: b"my own notes"}
    assert (
        f"datasets/real/{FILE}: this is not the original and was left as it is; expected a file "
        f"with sha256 " in capsys.readouterr().out
    )
    path.unlink()
    path.mkdir()
    assert (
        fetch.fetch("tiny Shakespeare", server.base) == 1 and server.asked == [] and path.is_dir()
    )


def test_a_folder_that_may_not_be_written(course, server, capsys, monkeypatch):
    server.files["/input.txt"] = SHAKESPEARE

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetch.pooch, "retrieve", full)
    assert fetch.fetch("tiny Shakespeare", server.base) == 1
    assert (
        "input.txt: the file cannot be written (No space left on device); expected a folder one "
        "may write to." in capsys.readouterr().out
    )


def test_ctrl_c_keeps_nothing(course, server, capsys, monkeypatch):
    server.files["/input.txt"] = SHAKESPEARE
    half = fetch._download

    def interrupted(*arguments):
        half(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "_download", interrupted)
    monkeypatch.setitem(
        fetch.ORIGINALS,
        "tiny Shakespeare",
        fetch.Original(server.base, {FILE: sha256(SHAKESPEARE)}),
    )
    monkeypatch.setattr(sys.stdout, "reconfigure", lambda **_: None, raising=False)
    assert data.main(["fetch", "tiny Shakespeare", "MNIST"]) == 130
    assert (
        capsys.readouterr().out.splitlines()[1:] == ["Stopped; nothing half-fetched was kept."]
        and not course.exists()
    )


# --- Several files ------------------------------------------------------------------------------


def test_only_the_files_that_are_not_there_are_fetched(course, server, capsys):
    server.files.update({f"/{k}.gz": b"%d" % k for k in range(4)})
    (course / "mnist").mkdir(parents=True)
    (course / "mnist" / "0.gz").write_bytes(b"0")
    (course / "mnist" / "1.gz").write_bytes(b"another")
    assert fetch.fetch("MNIST", server.base) == 1  # as one file is not the original
    assert server.asked == ["/2.gz", "/3.gz"]
    assert there(course) == {
        "mnist/0.gz": b"0",
        "mnist/1.gz": b"another",
        "mnist/2.gz": b"2",
        "mnist/3.gz": b"3",
    }
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "there",
        "error",
    ] + ["fetching", "fetched"] * 2


def test_after_a_failure_the_next_call_goes_on(course, server, capsys):
    server.files.update({"/0.gz": b"0", "/1.gz": b"1", "/2.gz": b"wrong", "/3.gz": b"3"})
    assert fetch.fetch("MNIST", server.base) == 1 and server.asked == ["/0.gz", "/1.gz", "/2.gz"]
    server.files["/2.gz"] = b"2"
    assert (
        fetch.fetch("MNIST", server.base) == 0
        and server.asked[3:] == ["/2.gz", "/3.gz"]
        and len(there(course)) == 4
    )


# --- An archive ---------------------------------------------------------------------------------


def test_of_an_archive_only_what_is_needed_is_kept(course, server, capsys):
    server.files["/both.tar.gz"] = tar(
        rt_polarity_pos=POSITIVE, rt_polarity_neg=NEGATIVE, README_x=b"read me"
    )
    assert fetch.fetch("rt-polarity", server.base) == 0
    assert there(course) == {
        "sentiment_rt_polarity/rt-polarity.pos": POSITIVE,
        "sentiment_rt_polarity/rt-polarity.neg": NEGATIVE,
    }
    (course / "sentiment_rt_polarity" / "rt-polarity.pos").unlink()
    assert fetch.fetch("rt-polarity", server.base) == 0 and len(there(course)) == 2
    assert fetch.fetch("rt-polarity", server.base) == 0 and len(server.asked) == 2


BAD_ARCHIVES = {
    "a member with another checksum": (
        tar(rt_polarity_pos=POSITIVE, rt_polarity_neg=b"?"),
        "rt-polarity.neg: the file in both.tar.gz has another checksum",
    ),
    "a member missing": (
        tar(rt_polarity_pos=POSITIVE),
        "both.tar.gz: there is no rt-polarity.neg in it; expected the published archive",
    ),
    "cut short": (
        tar(rt_polarity_pos=POSITIVE, rt_polarity_neg=NEGATIVE)[:150],
        "both.tar.gz: the archive is cut short or damaged",
    ),
    "no archive": (b"something else", "both.tar.gz: the archive is cut short or damaged"),
    "a web page": (b"<html>", "both.tar.gz: the server sent a web page (HTML)"),
}


@pytest.mark.parametrize("case", BAD_ARCHIVES)
def test_of_a_bad_archive_nothing_is_kept(case, course, server, capsys):
    server.files["/both.tar.gz"], words = BAD_ARCHIVES[case]
    assert fetch.fetch("rt-polarity", server.base) == 1
    assert words in capsys.readouterr().out and not course.exists()


# --- Names --------------------------------------------------------------------------------------


def test_every_set_can_be_fetched_or_says_where_it_is(course, capsys):
    for name, dataset in DATASETS.items():
        if fetch.ALIASES.get(name, name) in fetch.ORIGINALS:
            continue
        assert fetch.fetch(name) == bool(dataset.real)
        said = capsys.readouterr().out
        assert said.startswith(f"{name}: ") and said.endswith(".\n") and said.count("\n") == 1
        assert all(f"datasets/real/{file}" in said for file in dataset.real)
        assert (
            (dataset.where in said and dataset.where)
            if dataset.real
            else "there is nothing to fetch" in said
        )


def test_the_list_of_originals_fits_the_catalogue():
    for name, original in fetch.ORIGINALS.items():
        assert original.base.startswith("https://") and original.base.endswith("/")
        assert all(
            len(value) == 64 and int(value, 16) for value in original.files.values()
        ) and len(set(original.files.values())) == len(original.files)
        if name in DATASETS:
            assert list(original.files) == list(DATASETS[name].real)
    for name, original in fetch.ALIASES.items():
        assert list(fetch.ORIGINALS[original].files) == list(DATASETS[name].real)


def command(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tools.data", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_the_command_line():
    assert command("fetch", "vine")[:2] == (
        1,
        f"vine: there is no such data set; expected one of "
        f"{', '.join([*DATASETS, 'tiny Shakespeare'])} (a name with a blank in quotes).\n",
    )
    status, _, said = command("fetch")
    assert status == 2 and said.endswith(
        "error: fetch needs a NAME: MNIST, tiny Shakespeare, rt-polarity (a name with a blank in "
        "quotes)\n"
    )
    status, said, _ = command("fetch", "bank churn")
    assert status == 1 and "Put it at datasets/real/churn/Churn_Modelling.csv" in said
