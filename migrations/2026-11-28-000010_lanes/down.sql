DROP INDEX outbox_due;
ALTER TABLE outbox DROP COLUMN lane;
CREATE INDEX outbox_due_mails ON outbox (state, due_at, id) WHERE webhook_id IS NULL;
CREATE INDEX outbox_due_notices ON outbox (state, due_at, id) WHERE webhook_id IS NOT NULL;
