-- +goose Up
-- When the server of an AS2 station last refused to let us in (microseconds since 1970; 0: it does not refuse), and how (a key): it is then called once an hour.
ALTER TABLE as2_station ADD COLUMN locked bigint NOT NULL DEFAULT 0;
ALTER TABLE as2_station ADD COLUMN locked_by text NOT NULL DEFAULT '';
