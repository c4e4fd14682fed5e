"""Apple GPUs, none of which is here: what they cannot compute is avoided, or said."""

import pytest
import torch

from harness.errors import Unavailable
from harness.execution.executor import timed
from harness.networks.logits import are_finite


class OnApple(torch.Tensor):
    """Says that it is on such a GPU, and refuses double precision in its words."""

    device = property(lambda _: torch.device("mps"))

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if torch.float64 in (kwargs or {}).values():
            raise TypeError(
                "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't. Please use float32."
            )
        return super().__torch_function__(function, types, args, kwargs)


@pytest.mark.parametrize("place", [torch.Tensor, OnApple])
def test_finite_numbers_are_told_apart_with_and_without_double_precision(place):
    rows = torch.tensor([[3e38, 3e38], [1.0, torch.inf], [-torch.inf, torch.inf], [torch.nan, 0.0]])
    for values in (rows, rows[:, :, None].expand(4, 2, 3)):
        assert are_finite(values.as_subclass(place)).tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    "error",
    [
        TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework lacks it. Please use float32."),
        NotImplementedError(
            "The operator 'aten::_linalg_eigh' is not currently implemented for the MPS device. If you"
        ),
    ],
)
def test_what_such_a_gpu_cannot_compute_is_unavailable(error):
    def job(device):
        raise error

    with pytest.raises(Unavailable, match=r"An Apple GPU cannot draw these samples \([CT][^.]+\); name --device cpu.$"):
        timed(job, torch.device("mps"))
    with pytest.raises(type(error)):
        timed(job, torch.device("cpu"))


def test_errors_of_the_code_stay_errors_there():
    with pytest.raises(TypeError, match="not callable"):
        timed(lambda device: device(), torch.device("mps"))
