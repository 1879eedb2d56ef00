"""Coming in and leaving: sign-in, provider sessions, and launch from a patient record."""
