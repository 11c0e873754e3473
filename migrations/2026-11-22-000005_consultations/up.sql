-- Consultation rounds: what is asked of whom and when, what each answered, and what became of it.

CREATE TABLE consultations (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    -- Of a group's round, and of a deliverable's.
    group_id TEXT REFERENCES working_groups (id),
    deliverable_id TEXT REFERENCES deliverables (id),
    -- The version of the deliverable that the audience reads.
    deliverable_version BIGINT,
    -- Texts in several languages, JSON.
    title TEXT NOT NULL,
    background TEXT,
    synthesis TEXT,
    audience TEXT NOT NULL,
    -- JSON, a list.
    allowed_visibility TEXT NOT NULL,
    -- As written. By the clock a scheduled round is open from opens_at on, and an open one closed from closes_at on, whoever writes that down.
    status TEXT NOT NULL,
    opens_at TIMESTAMP NOT NULL,
    closes_at TIMESTAMP NOT NULL,
    -- When it was opened; null where it never was, also if it was cancelled before.
    opened_at TIMESTAMP,
    published_at TIMESTAMP,
    search_text TEXT NOT NULL,
    -- The synthesis and the questions are replaced whole, and so have versions of their own.
    synthesis_version BIGINT NOT NULL,
    questions_version BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX consultations_by_age ON consultations (created_at, id);
CREATE INDEX consultations_by_group ON consultations (group_id, created_at, id);
CREATE INDEX consultations_by_deliverable ON consultations (deliverable_id, status);
CREATE INDEX consultations_to_open ON consultations (status, opens_at);
CREATE INDEX consultations_to_close ON consultations (status, closes_at);
CREATE INDEX consultations_by_close ON consultations (closes_at);

CREATE TABLE consultation_questions (
    id TEXT NOT NULL PRIMARY KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    prompt TEXT NOT NULL,
    required BOOLEAN NOT NULL,
    -- JSON, a list of texts in several languages. Answers keep positions in it, from 0.
    options TEXT,
    min BIGINT,
    max BIGINT,
    max_length BIGINT
);
CREATE UNIQUE INDEX consultation_questions_by_position ON consultation_questions (consultation_id, position);

-- Which supporters were in the audience at any time while the round was open, as they were when they came in.
CREATE TABLE consultation_audience (
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    supporter_id TEXT NOT NULL REFERENCES supporters (id),
    sector TEXT,
    region TEXT,
    PRIMARY KEY (consultation_id, supporter_id)
);
CREATE INDEX consultation_audience_by_supporter ON consultation_audience (supporter_id, consultation_id);

CREATE TABLE contributions (
    id TEXT NOT NULL PRIMARY KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    -- Whose it is, one a round: `supporter:<id>`, or `address:<SHA-256 of the folded address>` in a public round.
    owner TEXT NOT NULL,
    supporter_id TEXT REFERENCES supporters (id),
    -- In a public round: whose account, where it came from one; and where to write to.
    person_id TEXT REFERENCES persons (id),
    email TEXT,
    locale TEXT,
    status TEXT NOT NULL,
    -- What counts: the last submitted revision. Null and 0 before the first.
    revision BIGINT NOT NULL,
    answers TEXT,
    visibility TEXT,
    submitted_at TIMESTAMP,
    -- A draft, or what is being written beside the submitted revision.
    working_answers TEXT,
    working_visibility TEXT,
    -- Of the supporter, when it submitted.
    sector TEXT,
    region TEXT,
    -- Under which it is listed where it is anonymous, and the order of all lists: random, and unrelated to everything.
    listing_id TEXT NOT NULL UNIQUE,
    hidden_at TIMESTAMP,
    hidden_reason TEXT,
    moderation_version BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX contributions_one_an_owner ON contributions (consultation_id, owner);
CREATE INDEX contributions_by_listing ON contributions (consultation_id, status, listing_id);
CREATE INDEX contributions_by_supporter ON contributions (supporter_id, consultation_id);
CREATE INDEX contributions_by_person ON contributions (person_id);
CREATE INDEX contributions_by_owner ON contributions (owner);

-- Every revision that was submitted, for ever.
CREATE TABLE contribution_revisions (
    contribution_id TEXT NOT NULL REFERENCES contributions (id),
    number BIGINT NOT NULL,
    answers TEXT NOT NULL,
    visibility TEXT NOT NULL,
    submitted_by TEXT REFERENCES persons (id),
    submitted_at TIMESTAMP NOT NULL,
    PRIMARY KEY (contribution_id, number)
);
CREATE INDEX contribution_revisions_by_person ON contribution_revisions (submitted_by);

-- Who wrote at a contribution, and so is reminded and told.
CREATE TABLE contribution_writers (
    contribution_id TEXT NOT NULL REFERENCES contributions (id),
    person_id TEXT NOT NULL REFERENCES persons (id),
    PRIMARY KEY (contribution_id, person_id)
);
CREATE INDEX contribution_writers_by_person ON contribution_writers (person_id);

-- Answers to a public round that wait for their address to be confirmed.
CREATE TABLE public_contributions (
    id TEXT NOT NULL PRIMARY KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    email TEXT NOT NULL,
    owner TEXT NOT NULL,
    locale TEXT NOT NULL,
    answers TEXT NOT NULL,
    visibility TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX public_contributions_by_age ON public_contributions (created_at);
CREATE INDEX public_contributions_by_owner ON public_contributions (owner);

CREATE TABLE dispositions (
    id TEXT NOT NULL PRIMARY KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    contribution_id TEXT NOT NULL REFERENCES contributions (id),
    -- Of which question, and of which point of the answer; empty: of the whole.
    question_id TEXT NOT NULL,
    point TEXT NOT NULL,
    disposition TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- What takes it up.
    deliverable_id TEXT REFERENCES deliverables (id),
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX dispositions_one_a_point ON dispositions (contribution_id, question_id, point);
CREATE INDEX dispositions_by_round ON dispositions (consultation_id, id);
CREATE INDEX dispositions_by_deliverable ON dispositions (deliverable_id, consultation_id);

-- What came out of a closed round, counted once: what counts no longer changes.
CREATE TABLE consultation_tallies (
    consultation_id TEXT NOT NULL PRIMARY KEY REFERENCES consultations (id),
    tally TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- Mails to many that are being queued, a batch at a time so that no write is long: how far it has come.
CREATE TABLE consultation_announcements (
    id TEXT NOT NULL PRIMARY KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    kind TEXT NOT NULL,
    -- JSON: what the mails say beside the round.
    params TEXT NOT NULL,
    -- Who caused it, and is not told.
    caused_by TEXT,
    -- The last one that was told; empty before the first.
    done_to TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- A mail whose recipient shows what a round keeps to itself (who answered): in no view of the queue.
ALTER TABLE outbox ADD COLUMN concealed BOOLEAN NOT NULL DEFAULT FALSE;
-- Since when everybody may read a version, because a round that everybody may read is about it.
ALTER TABLE deliverable_versions ADD COLUMN consulted_at TIMESTAMP;
