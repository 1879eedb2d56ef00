"""Keeps an Orthanc archive in step with the master patient index. Needs the standard library and Orthanc only."""
