"""The version of layerdoctor."""

VERSION = "0.1.0"
