DROP INDEX audit_entries_moved;
DROP INDEX reminders_by_subject;
DROP INDEX outbox_due_notices;
DROP INDEX outbox_due_mails;
CREATE INDEX outbox_due ON outbox (state, due_at, id);
