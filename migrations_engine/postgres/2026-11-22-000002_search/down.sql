DROP INDEX supporters_search;
