"""Items made from templates by a seed: the suites that tell whether a model still does what it did before it was tuned.

All texts are our own and CC0. To add a template: put it at the end of its suite's; a digest in the tests changes with it.
"""
