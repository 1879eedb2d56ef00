"""Take in what feeds say of patients, each message once and whole."""
