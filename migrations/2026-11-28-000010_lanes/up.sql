-- The lanes of the outbox: mails that somebody waits for, other mails, notices to endpoints. None waits for another.
ALTER TABLE outbox ADD COLUMN lane TEXT NOT NULL DEFAULT 'mails';
UPDATE outbox SET lane = 'notices' WHERE webhook_id IS NOT NULL;
-- Those that ask for an act. Others that wait while this runs leave with the rest.
UPDATE outbox SET lane = 'awaited' WHERE id IN (SELECT id FROM mail_acts);

DROP INDEX outbox_due_mails;
DROP INDEX outbox_due_notices;
CREATE INDEX outbox_due ON outbox (lane, state, due_at, id);
