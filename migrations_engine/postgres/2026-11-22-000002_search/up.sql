-- Trigrams make `q` a substring search that an index answers, in any script. pg_trgm is a trusted extension: the database's owner may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX supporters_search ON supporters USING gin (search_text gin_trgm_ops);
