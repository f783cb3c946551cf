CREATE TABLE IF NOT EXISTS login (
    id INTEGER PRIMARY KEY,
    what TEXT NOT NULL,
    subject TEXT,
    client TEXT NOT NULL,
    at TEXT NOT NULL
);
