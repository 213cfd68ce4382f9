-- The first and the last day and moment that Python has are infinite here, and cannot be read back. They are refused now.
DELETE FROM absences WHERE from_at >= '9998-12-31Z';
UPDATE absences SET from_at = greatest(from_at, '1970-01-01Z'), until_at = least(until_at, '9998-12-31Z')
 WHERE from_at < '1970-01-01Z' OR until_at > '9998-12-31Z';
ALTER TABLE absences ADD CHECK (from_at >= '1970-01-01Z' AND until_at < '9999-01-01Z');
UPDATE calendars SET holidays = array_remove(array_remove(holidays, 'infinity'), '-infinity');
ALTER TABLE calendars ADD CHECK (NOT holidays && '{infinity,-infinity}');
