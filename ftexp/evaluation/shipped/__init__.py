"""Suites written by hand, English and Traditional Chinese: a JSONL file each, in the format of one's own items, CC0 (see LICENSE).

The last message of an item is a good answer. `manifest.json` has of each file its version, its sha256 and what the embedded model
scores. To change a file: change it, raise its version, put its new sha256 there and measure again; scores of two versions can't be
compared, so a config names the version that it means.
"""
