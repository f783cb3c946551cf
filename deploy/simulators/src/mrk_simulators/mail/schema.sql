CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mail_from TEXT NOT NULL,
    rcpt_to TEXT NOT NULL,
    message_id TEXT,
    decoded TEXT NOT NULL,
    raw BLOB NOT NULL,
    fault TEXT,
    received_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS message_message_id ON message (message_id);
