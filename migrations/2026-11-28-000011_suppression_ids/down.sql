DROP TABLE suppressions;
CREATE TABLE suppressions (
    folded_address TEXT NOT NULL PRIMARY KEY,
    -- What their server said.
    reason TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX suppressions_by_age ON suppressions (created_at, folded_address);
