-- Trigrams make `q` a substring search that an index answers, in any script.
CREATE VIRTUAL TABLE supporter_search USING fts5 (supporter_id UNINDEXED, search_text, tokenize = 'trigram', detail = 'full');
CREATE TRIGGER supporter_search_insert AFTER INSERT ON supporters BEGIN
    INSERT INTO supporter_search (supporter_id, search_text) VALUES (new.id, new.search_text);
END;
CREATE TRIGGER supporter_search_update AFTER UPDATE OF search_text ON supporters WHEN new.search_text <> old.search_text BEGIN
    UPDATE supporter_search SET search_text = new.search_text WHERE supporter_id = new.id;
END;
CREATE TRIGGER supporter_search_delete AFTER DELETE ON supporters BEGIN
    DELETE FROM supporter_search WHERE supporter_id = old.id;
END;
