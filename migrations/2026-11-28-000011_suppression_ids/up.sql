-- A suppression has an id and says when its reason changed, as every object of the API. Those that stand get ids by their order: of the form of the
-- others, and nobody else's.
ALTER TABLE suppressions RENAME TO suppressions_without_ids;
DROP INDEX suppressions_by_age;
CREATE TABLE suppressions (
    id TEXT NOT NULL PRIMARY KEY,
    folded_address TEXT NOT NULL UNIQUE,
    -- What their server said last.
    reason TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
INSERT INTO suppressions (id, folded_address, reason, created_at, updated_at)
    SELECT '01900000-0000-7000-8000-' || CAST(100000000000 + row_number() OVER (ORDER BY created_at, folded_address) AS TEXT),
        folded_address, reason, created_at, created_at
    FROM suppressions_without_ids;
DROP TABLE suppressions_without_ids;
CREATE INDEX suppressions_by_age ON suppressions (created_at, folded_address);
