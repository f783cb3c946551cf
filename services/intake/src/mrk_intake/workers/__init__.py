"""Role `worker`: examines what was uploaded, keeps what is clean, removes what nobody needs."""
