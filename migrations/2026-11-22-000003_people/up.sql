-- Persons, what they sign in with, whom they speak for, and how organisations come in.

CREATE TABLE persons (
    id TEXT NOT NULL PRIMARY KEY,
    -- Null once erased.
    email TEXT,
    -- Lower case, NFC: what an address is looked up by.
    folded_email TEXT UNIQUE,
    email_verified_at TIMESTAMP,
    display_name TEXT NOT NULL,
    locale TEXT,
    time_zone TEXT,
    role TEXT NOT NULL,
    password_hash TEXT,
    -- The login address went with an affiliation that ended: only the own account until another one is confirmed.
    address_lapsed BOOLEAN NOT NULL,
    suspended_at TIMESTAMP,
    erased_at TIMESTAMP,
    totp_secret TEXT,
    totp_confirmed_at TIMESTAMP,
    -- The last time step a code was taken for: no code counts twice (RFC 6238, 5.2).
    totp_last_step BIGINT,
    -- Name and address, folded: what an administrator finds somebody by.
    search_text TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX persons_by_role ON persons (role, id);
CREATE INDEX persons_by_age ON persons (created_at, id);

CREATE TABLE recovery_codes (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES persons (id),
    code_hash TEXT NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX recovery_codes_by_person ON recovery_codes (person_id);

CREATE TABLE person_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES persons (id),
    client TEXT NOT NULL,
    ended_at TIMESTAMP,
    expires_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX person_sessions_by_person ON person_sessions (person_id, ended_at);

CREATE TABLE refresh_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES person_sessions (id),
    -- When it was exchanged, and for what.
    rotated_at TIMESTAMP,
    successor_hash TEXT,
    -- Answered once more within the grace of two tabs.
    repeated BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- An act that a mail asks for. Its token is derived from the outbox row when the mail is rendered; only its hash is kept.
CREATE TABLE mail_acts (
    -- The outbox row's id.
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    -- What it is about: a person, an application, an invitation.
    subject_id TEXT NOT NULL,
    token_hash TEXT UNIQUE,
    -- What the act needs to know, as JSON (a new address).
    detail TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    voided_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX mail_acts_by_subject ON mail_acts (subject_id, purpose);

-- Guessing, counted where a restart or another server sees it too. `key` is a digest of account or address.
CREATE TABLE login_failures (
    key TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    window_started_at TIMESTAMP NOT NULL,
    blocked_until TIMESTAMP
);
CREATE INDEX login_failures_by_age ON login_failures (window_started_at);

CREATE TABLE login_addresses (
    person_id TEXT NOT NULL REFERENCES persons (id),
    address_digest TEXT NOT NULL,
    last_login_at TIMESTAMP NOT NULL,
    PRIMARY KEY (person_id, address_digest)
);

CREATE TABLE affiliations (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES persons (id),
    supporter_id TEXT NOT NULL REFERENCES supporters (id),
    role TEXT NOT NULL,
    since TIMESTAMP NOT NULL,
    until TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX affiliations_one_open ON affiliations (person_id, supporter_id) WHERE until IS NULL;
CREATE INDEX affiliations_by_supporter ON affiliations (supporter_id, until, created_at, id);
CREATE INDEX affiliations_by_person ON affiliations (person_id, until);

CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    supporter_id TEXT NOT NULL REFERENCES supporters (id),
    -- Null once whoever was invited has erased the account.
    email TEXT,
    folded_email TEXT,
    role TEXT NOT NULL,
    invited_by TEXT REFERENCES persons (id),
    accepted_by TEXT REFERENCES persons (id),
    status TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX invitations_one_open ON invitations (supporter_id, folded_email) WHERE status = 'open';
CREATE INDEX invitations_by_acceptance ON invitations (accepted_by);
CREATE INDEX invitations_by_supporter ON invitations (supporter_id, created_at, id);
CREATE INDEX invitations_by_email ON invitations (folded_email, status);

CREATE TABLE affiliation_requests (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES persons (id),
    supporter_id TEXT NOT NULL REFERENCES supporters (id),
    message TEXT,
    status TEXT NOT NULL,
    reason TEXT,
    decided_by TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX affiliation_requests_by_person ON affiliation_requests (person_id);
CREATE UNIQUE INDEX affiliation_requests_one_open ON affiliation_requests (person_id, supporter_id) WHERE status = 'requested';
CREATE INDEX affiliation_requests_by_supporter ON affiliation_requests (supporter_id, created_at, id);

CREATE TABLE supporter_applications (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    sector TEXT NOT NULL,
    kind TEXT,
    country TEXT,
    website TEXT,
    -- Its host, by which look-alikes are found.
    website_host TEXT,
    statement TEXT,
    -- Null once forgotten.
    contact_name TEXT,
    contact_email TEXT,
    contact_folded_email TEXT,
    contact_job_title TEXT,
    contact_locale TEXT,
    authorised BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    -- 0 open, 1 decided: open ones come first.
    rank BIGINT NOT NULL,
    reason TEXT,
    asked TEXT NOT NULL,
    possible_duplicates TEXT NOT NULL,
    supporter_id TEXT REFERENCES supporters (id),
    confirmed_at TIMESTAMP,
    decided_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX supporter_applications_by_status ON supporter_applications (status, created_at);
CREATE INDEX supporter_applications_by_name ON supporter_applications (folded_name, status);
CREATE INDEX supporter_applications_by_supporter ON supporter_applications (supporter_id);
CREATE INDEX supporter_applications_by_rank ON supporter_applications (rank, created_at, id);

-- Where an entry lived before: a former slug, the id and slug of an entry merged into another. Answered 308.
CREATE TABLE supporter_aliases (
    alias TEXT NOT NULL PRIMARY KEY,
    supporter_id TEXT NOT NULL REFERENCES supporters (id),
    created_at TIMESTAMP NOT NULL
);

-- The language a mail is written in, where one is known.
ALTER TABLE outbox ADD COLUMN locale TEXT;
CREATE INDEX outbox_by_person ON outbox (person_id, id);
CREATE INDEX outbox_by_age ON outbox (updated_at);
CREATE INDEX outbox_by_creation ON outbox (created_at, id);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id, seq);
