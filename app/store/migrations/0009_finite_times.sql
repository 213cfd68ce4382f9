-- The first and the last day and moment that Python has are infinite here, and cannot be read back. They are refused now.
UPDATE absences SET from_at = set_at WHERE NOT isfinite(from_at);
UPDATE absences SET until_at = greatest(from_at, set_at) + interval '10 years' WHERE NOT isfinite(until_at);
ALTER TABLE absences ADD CHECK (isfinite(from_at) AND isfinite(until_at));
UPDATE calendars SET holidays = array_remove(array_remove(holidays, 'infinity'), '-infinity');
ALTER TABLE calendars ADD CHECK (NOT holidays && '{infinity,-infinity}');
