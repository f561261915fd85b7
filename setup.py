"""Gives setuptools the version that metadata.txt holds; all else stands in pyproject.toml."""

from pathlib import Path

from setuptools import setup

lines = Path(__file__).with_name("metadata.txt").read_text(encoding="utf-8").splitlines()
setup(version=next(line.split("=", 1)[1] for line in lines if line.startswith("version=")))
