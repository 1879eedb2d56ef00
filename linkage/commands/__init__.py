"""Commands that look at a model or a result, each a module; `linkage.cli` names them."""
