"""What all cells of the claims ask for, which takes long to find: once for all tests of plans, which are one group."""

import pytest

from harness.run.plan.requests import claims, record


@pytest.fixture(scope="session")
def modules():
    return claims()


@pytest.fixture(scope="session")
def smoke(modules):
    return record(modules, "smoke")


@pytest.fixture(scope="session")
def full(modules):
    return record(modules, "full")
