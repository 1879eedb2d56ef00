"""Judging a result of linkage by a reviewed sample or by the truth, with the estimates of `linkage.evaluation`."""
