"""What blocking did to a file: the pairs of every rule, keys too crowded to serve, pairs it may have missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan
from typing import Any

from linkage.engines.blocking_loss import estimate_blocking_loss
from linkage.loose_blocking import ALL_RULES
from linkage.people import Linker


def report_blocking(linker: Linker) -> dict[str, Any]:
    """By rule: keys, their pairs, the largest block, links found, links no other rule found, crowded keys left out,
    and crowded keys taken apart, whose runs count among the keys.

    And the estimated share of pairs of one person that share no key (Chao 1987), None where the links cannot tell.
    """
    encoded, pairs, label, counts = linker.encoded, linker.pairs, linker.clusters.label, linker.blocks
    loss = estimate_blocking_loss(counts.met[label[pairs.a] == label[pairs.b]])
    rules: dict[str, dict[str, int]] = {}
    for place, rule in enumerate(ALL_RULES):
        keys, crowded = int(counts.keys[place]), encoded.crowded.get(rule, 0)
        if keys or crowded:
            found = [int(table[place]) if place < len(table) else 0 for table in (loss.of_rule, loss.only)]
            rules[rule] = {
                "keys": keys,
                "pairs": int(counts.pairs[place]),
                "largest_block": int(counts.largest[place]),
                "links": found[0],
                "links_of_no_other": found[1],
                "crowded_keys_left_out": crowded,
                "crowded_keys_taken_apart": encoded.taken_apart.get(rule, 0),
            }
    return {"rules": rules, "missed": None if isnan(loss.share) else round(loss.share, 6)}


def tell_blocking(report: Mapping[str, Any]) -> Iterator[str]:
    """The report in a few lines."""
    rules = report["rules"]
    keys, pairs = (sum(rule[name] for rule in rules.values()) for name in ("keys", "pairs"))
    largest = max((rule["largest_block"] for rule in rules.values()), default=0)
    crowded = sum(rule["crowded_keys_left_out"] for rule in rules.values())
    missed = "cannot be told" if report["missed"] is None else f"is estimated at {report['missed']:.3%}"
    yield f"blocking: {pairs:,} pairs under {keys:,} keys of {len(rules)} rules, the largest block {largest:,}"
    yield f"the share of pairs of one person that have no key in common {missed}"
    if apart := sum(rule["crowded_keys_taken_apart"] for rule in rules.values()):
        yield f"{apart:,} keys of crowds taken apart: a record is compared with those that say most of the same"
    if crowded:
        yield f"{crowded:,} crowded keys of a single fact left to keys of two"
