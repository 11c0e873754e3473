DROP TRIGGER supporter_search_delete;
DROP TRIGGER supporter_search_update;
DROP TRIGGER supporter_search_insert;
DROP TABLE supporter_search;
