-- +goose Up
-- When the certificates of a partner are to be told of next (0: never), and of which days before their end both companies were told. Who has certificates by now is looked at once.
ALTER TABLE lead_profile ADD COLUMN certificate_look bigint NOT NULL DEFAULT 0;
ALTER TABLE lead_profile ADD COLUMN certificate_told text NOT NULL DEFAULT '';
UPDATE lead_profile SET certificate_look = 1 WHERE certificates LIKE '%until%';
CREATE INDEX lead_profile_look ON lead_profile (certificate_look) WHERE certificate_look > 0;
-- Nobody is late with a lead while it is paused.
UPDATE lead_offer SET state = 'working' WHERE state = 'stale' AND paused > 0;
