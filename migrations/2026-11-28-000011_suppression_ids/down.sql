ALTER TABLE suppressions RENAME TO suppressions_with_ids;
DROP INDEX suppressions_by_age;
CREATE TABLE suppressions (
    folded_address TEXT NOT NULL PRIMARY KEY,
    -- What their server said.
    reason TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
INSERT INTO suppressions (folded_address, reason, created_at) SELECT folded_address, reason, created_at FROM suppressions_with_ids;
DROP TABLE suppressions_with_ids;
CREATE INDEX suppressions_by_age ON suppressions (created_at, folded_address);
