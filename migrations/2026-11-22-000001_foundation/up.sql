-- Portable DDL: runs as it is on SQLite and PostgreSQL. Types: TEXT (ids, words, JSON), BIGINT, BOOLEAN, TIMESTAMP (UTC), DATE.
-- Words such as a status are checked by the code that reads and writes them (word_enum!), references by foreign keys.

-- The call: one row.
CREATE TABLE calls (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    launched_on DATE NOT NULL,
    website TEXT,
    contact_email TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    as_of DATE NOT NULL,
    locales TEXT NOT NULL,
    min_seats BIGINT NOT NULL,
    max_seats BIGINT NOT NULL,
    min_sectors BIGINT NOT NULL,
    min_countries BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE principles (
    id TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE sectors (
    id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE kinds (
    id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- The totals that were announced at the time; never mixed with what the register counts.
CREATE TABLE register_milestones (
    announced_on DATE NOT NULL PRIMARY KEY,
    total BIGINT NOT NULL,
    by_sector TEXT NOT NULL,
    source TEXT NOT NULL
);

-- Sections of the call file that later slices take up, as validated JSON.
CREATE TABLE call_sections (
    name TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE supporters (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    sector TEXT REFERENCES sectors (code),
    kind TEXT REFERENCES kinds (code),
    country TEXT,
    region TEXT,
    website TEXT,
    statement TEXT,
    status TEXT NOT NULL,
    endorsed_on DATE,
    -- `endorsed_on` where a page is cut: never null, empty when undated.
    endorsed_key TEXT NOT NULL,
    withdrawn_on DATE,
    -- Where the entry came from: `call`, `import:<source>`, `application`.
    source TEXT NOT NULL,
    -- Folded name and former names: what `q` looks in.
    search_text TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX supporters_by_name ON supporters (status, folded_name, id);
CREATE INDEX supporters_by_endorsed ON supporters (status, endorsed_key, id);
CREATE INDEX supporters_by_created ON supporters (status, created_at, id);
CREATE INDEX supporters_by_sector ON supporters (status, sector, folded_name, id);
CREATE INDEX supporters_by_kind ON supporters (status, kind, folded_name, id);
CREATE INDEX supporters_by_country ON supporters (status, country, folded_name, id);
CREATE INDEX supporters_by_region ON supporters (status, region, folded_name, id);
-- The register as of a day lists entries that have another status by now; look-alikes are looked for among all.
CREATE INDEX supporters_of_any_status_by_name ON supporters (folded_name, id, status, endorsed_key);
CREATE INDEX supporters_of_any_status_by_endorsed ON supporters (endorsed_key, id, status);
CREATE INDEX supporters_of_any_status_by_created ON supporters (created_at, id, status, endorsed_key);
-- The statistics count from this one and `supporters_by_endorsed`, without a look at the rows.
CREATE INDEX supporters_by_composition ON supporters (status, sector, country, endorsed_key);

-- The statuses as intervals of days, [since, until): the register as of any day. An endorsement without a date has no `since`. One
-- interval of each supporter is open, without `until`, and its row shows that one: `status`, and when endorsed `endorsed_on`.
CREATE TABLE supporter_statuses (
    id TEXT NOT NULL PRIMARY KEY,
    supporter_id TEXT NOT NULL REFERENCES supporters (id),
    status TEXT NOT NULL,
    since DATE,
    until DATE
);
CREATE INDEX supporter_statuses_by_supporter ON supporter_statuses (supporter_id, status, since, until);
CREATE INDEX supporter_statuses_by_day ON supporter_statuses (status, since, until, supporter_id);
CREATE INDEX supporter_statuses_by_end ON supporter_statuses (status, until, since, supporter_id);

CREATE TABLE supporter_former_names (
    id TEXT NOT NULL PRIMARY KEY,
    supporter_id TEXT NOT NULL REFERENCES supporters (id),
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    until TIMESTAMP NOT NULL
);
CREATE INDEX supporter_former_names_by_supporter ON supporter_former_names (supporter_id);
CREATE INDEX supporter_former_names_by_folded_name ON supporter_former_names (folded_name);

CREATE TABLE supporter_principles (
    supporter_id TEXT NOT NULL REFERENCES supporters (id),
    principle BIGINT NOT NULL REFERENCES principles (number),
    PRIMARY KEY (supporter_id, principle)
);
CREATE INDEX supporter_principles_by_principle ON supporter_principles (principle, supporter_id);

CREATE TABLE working_groups (
    id TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    mandate TEXT,
    status TEXT NOT NULL,
    join_policy TEXT NOT NULL,
    search_text TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX working_groups_by_status ON working_groups (status, number);

CREATE TABLE group_principles (
    group_id TEXT NOT NULL REFERENCES working_groups (id),
    principle BIGINT NOT NULL REFERENCES principles (number),
    PRIMARY KEY (group_id, principle)
);
CREATE INDEX group_principles_by_principle ON group_principles (principle, group_id);

CREATE TABLE co_chair_seats (
    id TEXT NOT NULL PRIMARY KEY,
    group_id TEXT NOT NULL REFERENCES working_groups (id),
    supporter_id TEXT NOT NULL REFERENCES supporters (id),
    position BIGINT NOT NULL,
    since TIMESTAMP NOT NULL,
    until TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX co_chair_seats_one_a_supporter ON co_chair_seats (group_id, supporter_id) WHERE until IS NULL;
CREATE INDEX co_chair_seats_by_group ON co_chair_seats (group_id, until, position);
CREATE INDEX co_chair_seats_by_supporter ON co_chair_seats (supporter_id, until);

CREATE TABLE derogations (
    id TEXT NOT NULL PRIMARY KEY,
    group_id TEXT NOT NULL REFERENCES working_groups (id),
    -- Violation codes, a JSON list.
    waives TEXT NOT NULL,
    reason TEXT NOT NULL,
    granted_by TEXT,
    since DATE NOT NULL,
    -- The last day on which it stands; null: until it is withdrawn.
    until DATE,
    withdrawn_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX derogations_one_a_group ON derogations (group_id) WHERE withdrawn_at IS NULL;

CREATE TABLE forum_editions (
    id TEXT NOT NULL PRIMARY KEY,
    year BIGINT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    city TEXT NOT NULL,
    country TEXT NOT NULL,
    venue TEXT,
    time_zone TEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    submission_deadline DATE,
    status TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX forum_editions_by_status ON forum_editions (status, year);

CREATE TABLE forum_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    forum_edition_id TEXT NOT NULL REFERENCES forum_editions (id),
    title TEXT NOT NULL,
    day DATE NOT NULL,
    starts_at TIMESTAMP,
    ends_at TIMESTAMP,
    room TEXT,
    moderator TEXT,
    panellists TEXT NOT NULL,
    recording_url TEXT,
    search_text TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX forum_sessions_by_edition ON forum_sessions (forum_edition_id, day, id);

-- The record: hash-chained; `audit_head` is the one row that says where the chain ends.
CREATE TABLE audit_entries (
    seq BIGINT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    actor_id TEXT,
    act TEXT NOT NULL,
    object_type TEXT NOT NULL,
    object_id TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT,
    reason_digest TEXT,
    request_id TEXT,
    hash TEXT NOT NULL
);
CREATE INDEX audit_entries_by_object ON audit_entries (object_id, seq);

CREATE TABLE audit_head (
    id BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
-- The chain begins at the SHA-256 of nothing.
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

-- Free text of entries lies aside: erasing it leaves the chain valid.
CREATE TABLE audit_reasons (
    seq BIGINT NOT NULL PRIMARY KEY,
    salt TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    person_id TEXT,
    recipient TEXT NOT NULL,
    params TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    leased_until TIMESTAMP,
    lease_holder TEXT,
    sent_at TIMESTAMP,
    last_answer TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX outbox_due ON outbox (state, due_at, id);

CREATE TABLE idempotency_keys (
    caller TEXT NOT NULL,
    route TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    status BIGINT NOT NULL,
    object_id TEXT,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (caller, route, idempotency_key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Named jobs of the worker: whoever holds the lease runs the job.
CREATE TABLE job_leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    leased_until TIMESTAMP NOT NULL
);
