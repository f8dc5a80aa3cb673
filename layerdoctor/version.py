"""The version of layerdoctor, and the folder of the package."""

from pathlib import Path

VERSION = "0.1.0"
FOLDER = Path(__file__).absolute().parent
