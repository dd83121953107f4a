"""One epoch of training with PyTorch: the same network, batches of 128, Adam.

python -m benchmarks.peers.pytorch [channels-last]
"""

import json
import sys
import time

import torch
from torch import nn

from mnist_helpers import datasets


def main(layout: str = "") -> None:
    torch.manual_seed(0)
    train = datasets.load().train
    images = torch.from_numpy(datasets.flatten(train.images).reshape(-1, 1, 28, 28))
    labels = torch.from_numpy(train.labels.astype("int64"))
    model = nn.Sequential(
        *(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(7 * 7 * 64, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 10)),
    )
    if layout == "channels-last":
        model = model.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def train_on(count: int) -> None:
        order = torch.randperm(len(images))
        for start in range(0, count * 128, 128):
            batch = order[start : start + 128]
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            loss.item()  # shown at every step, as in the others

    train_on(20)  # to warm up
    start = time.perf_counter()
    train_on(len(images) // 128)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(*sys.argv[1:])
