"""Make the packaged subsets from the full files: python tools/make_subsets.py FOLDER_OF_FULL_SETS

200 images of each class, chosen by a fixed seed; prints the sha256 to put into harness/problems/datasets.py.
"""

import hashlib
import shutil
import sys
from pathlib import Path

import numpy as np

IMAGES_A_CLASS = 200
SEED = 20210512


def chosen(labels: np.ndarray) -> np.ndarray:
    """Indices of the subset, in the order of the full set."""
    rng = np.random.default_rng(SEED)
    each = [rng.choice(np.flatnonzero(labels == c), IMAGES_A_CLASS, replace=False) for c in range(10)]
    return np.sort(np.concatenate(each))


def main(source: Path, target: Path) -> None:
    """Write the subsets of MNIST and Fashion-MNIST and copy Ionosphere."""
    for name, x_key, y_key, subset in (
        ("mnist_10k.npz", "x", "y", "mnist_2000.npz"),
        ("fashion_mnist.npz", "x_train", "y_train", "fashion_mnist_2000.npz"),
    ):
        with np.load(source / name, allow_pickle=False) as full:
            index = chosen(full[y_key])
            np.savez_compressed(
                target / subset, x=full[x_key][index], y=full[y_key][index].astype(np.uint8), index=index
            )
        print(subset, hashlib.sha256((target / subset).read_bytes()).hexdigest())
    shutil.copyfile(source / "ionosphere.csv", target / "ionosphere.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent.parent / "harness" / "data")
