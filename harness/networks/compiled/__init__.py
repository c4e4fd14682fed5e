"""Loops over one network at a time, compiled, so that a network stays in cache: ReLU networks on a CPU in float32.

What torch does in a dozen calls over a block of networks, these do in one; all numbers are those of the plain forward
and backward passes up to rounding. With a change of how `FullyConnected` computes its logits, `passes.py` changes.
"""
