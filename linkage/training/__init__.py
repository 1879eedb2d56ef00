"""Training: u from random pairs, m by EM over counted patterns, the prior from rules; or m of labels."""

from linkage.training.diagnosis import Finding, Kind
from linkage.training.labels import train_from_labels
from linkage.training.outcome import Training
from linkage.training.train import train

__all__ = ["Finding", "Kind", "Training", "train", "train_from_labels"]
