-- Working groups at work: who sits and who takes part, what groups owe, meetings, and what the Forum shows.

-- Who fills a seat, as intervals. A seat without an open one is vacant.
CREATE TABLE seat_persons (
    id TEXT NOT NULL PRIMARY KEY,
    seat_id TEXT NOT NULL REFERENCES co_chair_seats (id),
    person_id TEXT NOT NULL REFERENCES persons (id),
    since TIMESTAMP NOT NULL,
    until TIMESTAMP
);
CREATE UNIQUE INDEX seat_persons_one_a_seat ON seat_persons (seat_id) WHERE until IS NULL;
CREATE INDEX seat_persons_by_seat ON seat_persons (seat_id, until, person_id);
CREATE INDEX seat_persons_by_person ON seat_persons (person_id, until, seat_id);

-- Slugs that a group had before. Answered 308.
CREATE TABLE group_aliases (
    alias TEXT NOT NULL PRIMARY KEY,
    group_id TEXT NOT NULL REFERENCES working_groups (id),
    created_at TIMESTAMP NOT NULL
);

-- How much there is of what belongs to a group, kept with every change: a list of groups counts nothing.
ALTER TABLE working_groups ADD COLUMN members BIGINT NOT NULL DEFAULT 0;
ALTER TABLE working_groups ADD COLUMN member_supporters BIGINT NOT NULL DEFAULT 0;
ALTER TABLE working_groups ADD COLUMN deliverables BIGINT NOT NULL DEFAULT 0;
ALTER TABLE working_groups ADD COLUMN open_consultations BIGINT NOT NULL DEFAULT 0;
UPDATE working_groups SET member_supporters =
    (SELECT count(*) FROM co_chair_seats WHERE co_chair_seats.group_id = working_groups.id AND co_chair_seats.until IS NULL);

-- Since when the co-chairs of an active group are out of balance, as the secretariat was told; null while they are not.
ALTER TABLE working_groups ADD COLUMN unbalanced_since TIMESTAMP;
-- When it was noticed that a derogation had run out.
ALTER TABLE derogations ADD COLUMN expired_at TIMESTAMP;
CREATE INDEX derogations_to_expire ON derogations (until) WHERE withdrawn_at IS NULL AND expired_at IS NULL;

CREATE TABLE memberships (
    id TEXT NOT NULL PRIMARY KEY,
    group_id TEXT NOT NULL REFERENCES working_groups (id),
    person_id TEXT NOT NULL REFERENCES persons (id),
    -- For whom; null only for an observer, who then names a body.
    supporter_id TEXT REFERENCES supporters (id),
    body TEXT,
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT,
    reason TEXT,
    decided_by TEXT,
    -- Since when it has been active; while it is requested or was never active, since when it was asked for.
    since TIMESTAMP NOT NULL,
    -- When it ended, whether left, removed, declined or cancelled. Null: requested or active.
    until TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX memberships_one_open ON memberships (person_id, group_id) WHERE until IS NULL;
CREATE INDEX memberships_by_group ON memberships (group_id, status, role, supporter_id, person_id);
CREATE INDEX memberships_by_age ON memberships (group_id, created_at, id);
CREATE INDEX memberships_by_person ON memberships (person_id, until, group_id, role);
CREATE INDEX memberships_by_supporter ON memberships (supporter_id, until, group_id);

-- Messages that co-chairs and the secretariat wrote through Plenary: at most so many a day, sender and group.
CREATE TABLE group_messages (
    id TEXT NOT NULL PRIMARY KEY,
    group_id TEXT NOT NULL REFERENCES working_groups (id),
    sender_id TEXT NOT NULL REFERENCES persons (id),
    audience TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    recipients BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX group_messages_by_sender ON group_messages (sender_id, group_id, created_at);

CREATE TABLE deliverables (
    id TEXT NOT NULL PRIMARY KEY,
    group_id TEXT NOT NULL REFERENCES working_groups (id),
    number BIGINT NOT NULL,
    -- `WG<group number>-D<n>`, assigned once.
    reference TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    folded_title TEXT NOT NULL,
    summary TEXT,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    due_on DATE NOT NULL,
    progress BIGINT NOT NULL,
    lead_membership_id TEXT REFERENCES memberships (id),
    forum_edition_id TEXT REFERENCES forum_editions (id),
    approved_version BIGINT,
    binds_no_supporter BOOLEAN NOT NULL,
    -- Why it is at risk, where somebody flagged it.
    risk_reason TEXT,
    risk_since TIMESTAMP,
    search_text TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX deliverables_by_number ON deliverables (group_id, number);
CREATE INDEX deliverables_by_group ON deliverables (group_id, due_on, id);
CREATE INDEX deliverables_by_edition ON deliverables (forum_edition_id, due_on, id);
CREATE INDEX deliverables_by_due ON deliverables (due_on, id);
CREATE INDEX deliverables_by_age ON deliverables (created_at, id);
CREATE INDEX deliverables_by_status ON deliverables (status, due_on, id);
CREATE INDEX deliverables_by_title ON deliverables (folded_title, id);
CREATE INDEX deliverables_by_lead ON deliverables (lead_membership_id);

CREATE TABLE deliverable_principles (
    deliverable_id TEXT NOT NULL REFERENCES deliverables (id),
    principle BIGINT NOT NULL REFERENCES principles (number),
    PRIMARY KEY (deliverable_id, principle)
);
CREATE INDEX deliverable_principles_by_principle ON deliverable_principles (principle, deliverable_id);

CREATE TABLE milestones (
    id TEXT NOT NULL PRIMARY KEY,
    deliverable_id TEXT NOT NULL REFERENCES deliverables (id),
    title TEXT NOT NULL,
    due_on DATE NOT NULL,
    done_on DATE,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX milestones_by_deliverable ON milestones (deliverable_id, due_on, id, done_on);

-- Added, never changed; withholding takes the bytes and leaves number, hash and reason.
CREATE TABLE deliverable_versions (
    id TEXT NOT NULL PRIMARY KEY,
    deliverable_id TEXT NOT NULL REFERENCES deliverables (id),
    number BIGINT NOT NULL,
    -- An uploaded file: where it is stored, and what it is.
    stored_as TEXT UNIQUE,
    file_name TEXT,
    media_type TEXT,
    size BIGINT,
    sha256 TEXT,
    -- Or a link.
    url TEXT,
    note TEXT,
    added_by TEXT NOT NULL REFERENCES persons (id),
    withheld_at TIMESTAMP,
    withheld_reason TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX deliverable_versions_by_number ON deliverable_versions (deliverable_id, number);

CREATE TABLE comments (
    id TEXT NOT NULL PRIMARY KEY,
    deliverable_id TEXT NOT NULL REFERENCES deliverables (id),
    author_id TEXT NOT NULL REFERENCES persons (id),
    reply_to TEXT REFERENCES comments (id),
    -- Empty once its author took it back.
    body TEXT NOT NULL,
    edited_at TIMESTAMP,
    deleted_at TIMESTAMP,
    hidden_at TIMESTAMP,
    hidden_reason TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX comments_by_deliverable ON comments (deliverable_id, created_at, id);
CREATE INDEX comments_by_author ON comments (author_id, id);

-- Members who agreed to be thanked by name.
CREATE TABLE acknowledgements (
    id TEXT NOT NULL PRIMARY KEY,
    deliverable_id TEXT NOT NULL REFERENCES deliverables (id),
    membership_id TEXT NOT NULL REFERENCES memberships (id),
    agreed BOOLEAN NOT NULL,
    text TEXT,
    -- Where lead or co-chair put it among those shown; null: not shown.
    position BIGINT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX acknowledgements_one_a_membership ON acknowledgements (deliverable_id, membership_id);
CREATE INDEX acknowledgements_by_membership ON acknowledgements (membership_id);

-- What a session shows. By reference, which never changes: the Forum lies below the deliverables.
CREATE TABLE session_presentations (
    session_id TEXT NOT NULL REFERENCES forum_sessions (id),
    reference TEXT NOT NULL REFERENCES deliverables (reference),
    presented_as TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (session_id, reference)
);
CREATE INDEX session_presentations_by_reference ON session_presentations (reference, session_id);

CREATE TABLE meetings (
    id TEXT NOT NULL PRIMARY KEY,
    group_id TEXT NOT NULL REFERENCES working_groups (id),
    title TEXT NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    time_zone TEXT NOT NULL,
    place TEXT,
    link TEXT,
    agenda TEXT,
    minutes TEXT,
    minutes_status TEXT NOT NULL,
    status TEXT NOT NULL,
    -- Of its calendar entry (RFC 5545, 3.8.7.4).
    sequence BIGINT NOT NULL,
    search_text TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX meetings_by_group ON meetings (group_id, starts_at, id);
CREATE INDEX meetings_by_start ON meetings (starts_at, id);

CREATE TABLE meeting_attendance (
    id TEXT NOT NULL PRIMARY KEY,
    meeting_id TEXT NOT NULL REFERENCES meetings (id),
    person_id TEXT NOT NULL REFERENCES persons (id),
    status TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX meeting_attendance_one_a_person ON meeting_attendance (meeting_id, person_id);
CREATE INDEX meeting_attendance_by_person ON meeting_attendance (person_id, meeting_id);

-- A person's private calendar: only the hash of the token in its address.
CREATE TABLE calendar_feeds (
    person_id TEXT NOT NULL PRIMARY KEY REFERENCES persons (id),
    id TEXT NOT NULL UNIQUE,
    token_hash TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- The group whose timeline an entry is part of. The hash of an entry that has one covers it.
ALTER TABLE audit_entries ADD COLUMN group_id TEXT;
CREATE INDEX audit_entries_by_group ON audit_entries (group_id, seq);
-- An invitation is to speak for a supporter, or to take part in a group: as a member for a supporter, as an observer for one or for a body.
-- A column cannot be made nullable on SQLite, so the table is made anew; nothing refers to it.
ALTER TABLE invitations RENAME TO invitations_before;
CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    supporter_id TEXT REFERENCES supporters (id),
    group_id TEXT REFERENCES working_groups (id),
    body TEXT,
    -- Null once whoever was invited has erased the account.
    email TEXT,
    folded_email TEXT,
    role TEXT NOT NULL,
    invited_by TEXT REFERENCES persons (id),
    -- Who accepted it. While it is still open: who waits for its supporter's affiliation.
    accepted_by TEXT REFERENCES persons (id),
    status TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
INSERT INTO invitations (id, supporter_id, email, folded_email, role, invited_by, accepted_by, status, expires_at, version, created_at, updated_at)
    SELECT id, supporter_id, email, folded_email, role, invited_by, accepted_by, status, expires_at, version, created_at, updated_at
    FROM invitations_before;
DROP TABLE invitations_before;
CREATE UNIQUE INDEX invitations_one_open ON invitations (supporter_id, folded_email) WHERE status = 'open' AND group_id IS NULL;
CREATE UNIQUE INDEX invitations_one_open_a_group ON invitations (group_id, folded_email) WHERE status = 'open' AND group_id IS NOT NULL;
CREATE INDEX invitations_by_acceptance ON invitations (accepted_by);
CREATE INDEX invitations_by_supporter ON invitations (supporter_id, created_at, id);
CREATE INDEX invitations_by_group ON invitations (group_id, created_at, id);
CREATE INDEX invitations_by_email ON invitations (folded_email, status);
