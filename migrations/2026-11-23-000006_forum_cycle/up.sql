-- The Forum cycle: who was reminded of what, what each person wants to hear and heard, and who else is told.

-- Since when a date has been what it is: an offset whose moment lies before that is never sent (domain.md, The Forum cycle and its mails).
ALTER TABLE deliverables ADD COLUMN due_set_at TIMESTAMP NOT NULL DEFAULT '2026-11-23 00:00:00';
UPDATE deliverables SET due_set_at = updated_at;
ALTER TABLE forum_editions ADD COLUMN starts_set_at TIMESTAMP NOT NULL DEFAULT '2026-11-23 00:00:00';
ALTER TABLE forum_editions ADD COLUMN deadline_set_at TIMESTAMP NOT NULL DEFAULT '2026-11-23 00:00:00';
UPDATE forum_editions SET starts_set_at = updated_at, deadline_set_at = updated_at;
ALTER TABLE consultations ADD COLUMN closes_set_at TIMESTAMP NOT NULL DEFAULT '2026-11-23 00:00:00';
UPDATE consultations SET closes_set_at = updated_at;
-- How often a contribution was narrowed between close and publication: what was counted before that is counted anew.
ALTER TABLE consultations ADD COLUMN narrowings BIGINT NOT NULL DEFAULT 0;

CREATE INDEX contributions_by_visibility ON contributions (consultation_id, status, visibility);

-- Reminders that are queued or were, each once whatever happens to its mail.
CREATE TABLE reminders (
    kind TEXT NOT NULL,
    -- The id of the deliverable, edition or round.
    subject_id TEXT NOT NULL,
    -- The date it counts backwards from: a day, or the day in the recipient's zone on which a round closes.
    target_on DATE NOT NULL,
    -- Days before it; below zero: after.
    days_before BIGINT NOT NULL,
    person_id TEXT NOT NULL REFERENCES persons (id),
    sent_at TIMESTAMP NOT NULL,
    PRIMARY KEY (kind, subject_id, target_on, days_before, person_id)
);
CREATE INDEX reminders_by_age ON reminders (sent_at);
CREATE INDEX reminders_by_person ON reminders (person_id, kind, sent_at);

-- The last day whose reminders are planned, in every zone in which somebody is.
CREATE TABLE reminder_days (
    zone TEXT NOT NULL PRIMARY KEY,
    planned_on DATE NOT NULL
);

-- Settings that administrators change while the server runs: one row, once any was changed.
CREATE TABLE settings (
    id TEXT NOT NULL PRIMARY KEY,
    -- JSON, an object: what differs from the defaults.
    choices TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- What a person said it wants of each optional mail.
CREATE TABLE notification_preferences (
    person_id TEXT NOT NULL PRIMARY KEY REFERENCES persons (id),
    -- JSON, an object: the kinds it said something about, each `immediate`, `daily` or `off`.
    choices TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- Addresses without an account that want no more mails of a kind.
CREATE TABLE unsubscribed_addresses (
    -- SHA-256 of the folded address, in hex.
    address_digest TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (address_digest, kind)
);

-- What waits for a person's daily digest.
CREATE TABLE digest_items (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES persons (id),
    kind TEXT NOT NULL,
    params TEXT NOT NULL,
    concealed BOOLEAN NOT NULL,
    -- The next 09:00 in the person's zone: when its digest is sent.
    due_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX digest_items_due ON digest_items (due_at, person_id);
CREATE INDEX digest_items_by_age ON digest_items (created_at, id);
CREATE INDEX digest_items_by_person ON digest_items (person_id, created_at, id);

-- What a person is told in the application, numbered without gaps in the order in which it was told.
CREATE TABLE notifications (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES persons (id),
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    params TEXT NOT NULL,
    read_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX notifications_by_person ON notifications (person_id, number);
CREATE INDEX notifications_unread ON notifications (person_id, read_at, number);
CREATE INDEX notifications_by_age ON notifications (created_at, id);

-- The number of a person's newest notification. Held while one is written, so that none is seen before an earlier one.
CREATE TABLE notification_counters (
    person_id TEXT NOT NULL PRIMARY KEY REFERENCES persons (id),
    newest BIGINT NOT NULL
);

-- Addresses whose server said that nobody is there: nothing but what confirms an address is sent to them.
CREATE TABLE suppressions (
    folded_address TEXT NOT NULL PRIMARY KEY,
    -- What their server said.
    reason TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX suppressions_by_age ON suppressions (created_at, folded_address);

-- Who outside is told of what happens (Standard Webhooks).
CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    -- JSON, a list.
    kinds TEXT NOT NULL,
    -- Its secret is derived from the server's key, its id and this; each rotation makes another.
    secret_number BIGINT NOT NULL,
    -- When the present secret took the place of another, which signs beside it for a day; null: it is the first.
    rotated_at TIMESTAMP,
    -- When it stopped being told because it could not be reached or refused; null: it is told.
    disabled_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX webhooks_by_age ON webhooks (created_at, id);

-- A row of the outbox is a mail, or where this is set what an endpoint is told.
ALTER TABLE outbox ADD COLUMN webhook_id TEXT;
CREATE INDEX outbox_by_webhook ON outbox (webhook_id, created_at, id);
