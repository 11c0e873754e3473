DROP TABLE reminder_arrivals;
