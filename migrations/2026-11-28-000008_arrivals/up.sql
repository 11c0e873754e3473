-- Who has come to another time zone and was not planned there yet, with the last day planned in the zone that was left.
CREATE TABLE reminder_arrivals (
    person_id TEXT NOT NULL PRIMARY KEY REFERENCES persons (id),
    planned_on DATE NOT NULL
);
