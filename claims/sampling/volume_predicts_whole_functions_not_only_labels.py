"""Volume predicts which functions training finds, beyond the probability of each point's label.

Source: C. Mingard, LessWrong, 12 May 2021.

Coins with random sampling's own label probabilities on each evaluation point come within a tenth of it at wide kernels.
So for each function f that training finds below the edge on 32 evaluation points, ln P_B(f|S) in nats is compared with
ln of its probability by such coins, and by a learner that is right as often as training is and errs at random. ln P_B
is a difference of Gaussian orthant probabilities at infinite width; coins have the label frequencies of 4,000 or more
independent draws of the same posterior. Estimates are means over training sets.

Objection: functions of a sharper learner are likelier under anything. Coins would gain alike: the difference is of the
same functions.
"""

from claims.grids import BELOW, DATA
from claims.sampling.volumes import EVERY, M, found_by_training, sets_of
from harness.claim import claim, over
from harness.optimisers import SGD, Adam, Relative
from harness.verdicts import at_least

NAMES = {"smoke": ("ReLU 2", "tanh, σ_w = 1"), "standard": tuple(EVERY), "full": tuple(EVERY)}
RULES = {"smoke": [SGD()], "standard": [SGD(), Adam()], "full": [SGD(), Adam()]}
