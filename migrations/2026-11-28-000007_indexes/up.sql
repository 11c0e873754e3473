-- Indexes for what the worker asks again and again.

-- Whether a mail is due, and whether an endpoint is to be told, each without a look at the other's rows.
DROP INDEX outbox_due;
CREATE INDEX outbox_due_mails ON outbox (state, due_at, id) WHERE webhook_id IS NULL;
CREATE INDEX outbox_due_notices ON outbox (state, due_at, id) WHERE webhook_id IS NOT NULL;

-- What was sent about what still stands: to everybody, or to one person.
CREATE INDEX reminders_by_subject ON reminders (subject_id, person_id, kind, target_on, days_before, sent_at);

-- Which deliverables were moved since last week.
CREATE INDEX audit_entries_moved ON audit_entries (at, object_id) WHERE act = 'deliverable.moved';
