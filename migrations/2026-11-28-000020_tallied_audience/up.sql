-- How many were asked, as it was when a round was counted: supporters that become one afterwards change nothing about it.
ALTER TABLE consultation_tallies ADD COLUMN invited BIGINT;
UPDATE consultation_tallies SET invited = (
    SELECT count(*) FROM consultation_audience WHERE consultation_audience.consultation_id = consultation_tallies.consultation_id
);
-- Of a round that was held elsewhere, or asked everybody, nobody wrote down who was asked.
UPDATE consultation_tallies SET invited = NULL WHERE invited = 0;
