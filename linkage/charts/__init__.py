"""Charts of models and results: pages of one file, and pictures. Numbers are made apart from any drawing."""
