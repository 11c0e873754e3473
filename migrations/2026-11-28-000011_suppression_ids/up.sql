-- A suppression has an id and says when its reason changed, as every object of the API. What is suppressed by now is forgotten: the next mail's
-- refusal says it again.
DROP TABLE suppressions;
CREATE TABLE suppressions (
    id TEXT NOT NULL PRIMARY KEY,
    folded_address TEXT NOT NULL UNIQUE,
    -- What their server said last.
    reason TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX suppressions_by_age ON suppressions (created_at, folded_address);
