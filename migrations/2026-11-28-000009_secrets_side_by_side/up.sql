-- The first of the secrets that sign beside the present one for a day after it took their place.
ALTER TABLE webhooks ADD COLUMN overlap_from BIGINT NOT NULL DEFAULT 1;
UPDATE webhooks SET overlap_from = secret_number - 1 WHERE secret_number > 1;
