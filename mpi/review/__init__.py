"""The workbench: server-rendered pages over the use cases. Pages decide nothing: rights and audit are theirs."""
