"""Metrics: a reply and its item give a score, and the reason where it isn't the best one.

To add one: write the class in the file of its kin, put it into `Metric` in `kinds.py`, name its kind in a `conf/eval/` file.
"""
