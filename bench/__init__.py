"""Benchmarks of Signoff beside floors and peers, run by hand: `python -m bench --help`. Not part of the tests."""
