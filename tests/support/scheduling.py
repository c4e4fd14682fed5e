"""Which tests one process of xdist runs one after the other."""

from xdist.scheduler import LoadScopeScheduling

# Their runs have processes of their own, which side by side would starve each other.
PROCESSES = (
    "tests/claim/test_registry.py",
    "tests/execution/test_cluster.py",
    "tests/execution/test_cluster_runs.py",
    "tests/execution/test_execution.py::test_dask_is_imported_for_a_cluster_only",
    "tests/run/test_bad_input.py",
    "tests/run/test_end_to_end.py",
    "tests/run/test_faults.py",
    "tests/run/test_plugin.py",
)


def group(nodeid: str) -> str:
    """The tests of one group run in one process; every other test is a group of its own."""
    if nodeid.startswith(PROCESSES):
        return "processes"
    # They share what all cells of the claims ask for, which takes minutes to find.
    if nodeid.startswith("tests/run/test_plan"):
        return "plan"
    # One browser for all.
    if nodeid.startswith("tests/browser/"):
        return "browser"
    # What a claim samples beside each null learner.
    if nodeid.startswith("tests/claims/") and "/" in nodeid.partition("[")[2]:
        return nodeid.partition("[")[2].partition("/")[0]
    # Some say how much of a GPU's memory they take.
    return "gpu" if "gpu" in nodeid else nodeid


class ByGroup(LoadScopeScheduling):
    """The largest group first; then tests, as the processes have done with others.

    Not by marks `xdist_group`: xdist 3.8 writes them into the names of tests, which pytest 9.2 does not let it do.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
