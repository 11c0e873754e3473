ALTER TABLE consultation_tallies DROP COLUMN invited;
