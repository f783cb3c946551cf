CREATE TABLE IF NOT EXISTS complaint (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dialect TEXT NOT NULL,
    reference TEXT,
    state TEXT NOT NULL,
    disposition_id INTEGER,
    requested_institution_id INTEGER,
    fields TEXT NOT NULL,
    fault TEXT,
    received_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS complaint_reference ON complaint (reference);
CREATE TABLE IF NOT EXISTS tag (
    tag TEXT NOT NULL,
    complaint_id INTEGER NOT NULL REFERENCES complaint (id),
    PRIMARY KEY (tag, complaint_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    complaint_id INTEGER NOT NULL REFERENCES complaint (id),
    origin TEXT NOT NULL,
    template_code TEXT NOT NULL,
    content TEXT NOT NULL,
    institution_from_id INTEGER,
    institution_to_id INTEGER,
    is_secret INTEGER NOT NULL DEFAULT 0,
    state_old TEXT NOT NULL,
    state_new TEXT NOT NULL,
    fields TEXT NOT NULL,
    fault TEXT,
    received_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS entry_complaint ON entry (complaint_id, id);
CREATE TABLE IF NOT EXISTS file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    content BLOB NOT NULL,
    received_at TEXT NOT NULL
);
INSERT INTO sqlite_sequence (name, seq)
SELECT 'complaint', 7000000
WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'complaint');
