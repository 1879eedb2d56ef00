"""Translators between the outside's protocols and the index's commands; they decide nothing."""
