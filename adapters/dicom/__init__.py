"""DICOM: what an image says of its patient and study, and what to write into it. Translates only."""
