ALTER TABLE webhooks DROP COLUMN overlap_from;
