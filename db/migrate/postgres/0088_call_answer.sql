-- +goose Up
-- Whom a call rang and who declined it: the others missed it. Where a company of the room wants it, the two ends of a call see nothing of each other's addresses; that is decided when it begins.
CREATE TABLE room_call_rung (
  call_id text NOT NULL REFERENCES room_call(id), person_id text NOT NULL REFERENCES person(id), org_id text NOT NULL REFERENCES org(id), declined bigint NOT NULL, PRIMARY KEY (call_id, person_id, org_id)
);
ALTER TABLE room_call ADD COLUMN relay bigint NOT NULL DEFAULT 0;
CREATE TABLE call_policy (
  org_id text PRIMARY KEY REFERENCES org(id), relay bigint NOT NULL, person_id text NOT NULL REFERENCES person(id), changed bigint NOT NULL
);
