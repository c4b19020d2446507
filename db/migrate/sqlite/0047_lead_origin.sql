-- +goose Up
-- What names a lead among those that came the same way, a row of a file or a filled form: the same again adds nothing.
ALTER TABLE lead ADD COLUMN origin TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX lead_origin ON lead (org_id, origin) WHERE origin <> '';
