"""Whether the intervals and gates keep what they promise, by simulation, and are what scipy and statsmodels compute.

    python benchmarks/statistics.py [--draws 2000] [--seed 0]

Of each line: what was measured (the least and the largest of several cases), what is demanded, and whether that holds; exits with 1
where one doesn't. What takes no time gets more draws, what takes long fewer. The demands shown leave room for what 95 % of simulations
miss by. A line without a demand tells what isn't promised. statsmodels is in the extra `dev`.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any


@cache
def _standard() -> Any:
    import importlib.util
    import sysconfig

    spec = importlib.util.spec_from_file_location("_statistics_of_python", sysconfig.get_path("stdlib") + "/statistics.py")
    assert spec and spec.loader, "Python has it"
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def __getattr__(name: str) -> Any:
    """What the standard library's module has: this one hides it from whatever is run in this folder, and from mypy."""
    return getattr(_standard(), name)


def main() -> int:
    import argparse

    import numpy as np
    from demands import show

    parser = argparse.ArgumentParser(description="whether intervals and gates keep what they promise")
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    try:
        import closed_forms
    except ModuleNotFoundError as error:
        print(f"{error.name} is missing; with it: pip install -c constraints.txt -e '.[dev]'", file=sys.stderr)
        return 2
    import gate_simulations as gates
    import simulations

    draw, draws = np.random.default_rng(arguments.seed), arguments.draws
    print(f"{draws:,} draws, seed {arguments.seed}")
    held = [
        show("Formulas, the largest distance", closed_forms.closed_forms(draw)),
        show("Pairs of verdicts", simulations.verdict_pairs(draw, 5 * draws)),
        show("Power, promised .80", (*simulations.powers(draw, 5 * draws), *simulations.powers_of_shares(draw, 5 * draws))),
        show("Means", simulations.means(draw, 5 * draws)),
        show("Pairs of scores", simulations.score_pairs(draw, draws)),
        show("Ratios", simulations.ratios(draw, draws)),
        show("Items in groups", (*simulations.groups(draw, draws), *simulations.few_groups(draw, draws))),
        show("Figures of all items together", simulations.figures(draw, draws // 20)),
        show("Eleven gates at their thresholds: any decided", gates.families(draw, draws)),
        show("The winner's own score", gates.winners(draw, draws // 2)),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
