"""The version of layerdoctor, its page, and the folder of the package."""

from pathlib import Path

VERSION = "0.1.0"
HOME = "https://pypi.org/project/layerdoctor/"
FOLDER = Path(__file__).absolute().parent
