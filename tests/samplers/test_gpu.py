"""Every request that a claim can make is answered on a GPU as on a CPU, up to chance, and again in the same way."""

import numpy as np
import pytest
import torch

from tests.support.every_request import CPU, REQUESTS, arrays, lab_of, same

GPU = torch.device("cuda", 0)
# Of which there are as many as were found, such as distinct functions.
BY_CHANCE = ("words", "counts", "unit", "epochs")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_every_request_on_a_gpu(tmp_path, request_):
    found, expected = (request_(lab_of(tmp_path / device.type, device=device)) for device in (GPU, CPU))
    assert type(found) is type(expected)
    found, expected = arrays(found), arrays(expected)
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        if not name.endswith(BY_CHANCE):
            assert found[name].shape == array.shape, name
            assert np.isnan(found[name]).any() == np.isnan(array).any(), name
    same(request_(lab_of(tmp_path / "again", device=GPU)), request_(lab_of(tmp_path / "cuda", device=GPU)))
