-- +goose Up
-- Whom a call rang and who declined it: the others missed it. Where a company of the room wants it, the two ends of a call see nothing of each other's addresses; that is decided when it begins.
CREATE TABLE room_call_rung (
  call_id TEXT NOT NULL REFERENCES room_call(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), declined INTEGER NOT NULL, PRIMARY KEY (call_id, person_id, org_id)
);
ALTER TABLE room_call ADD COLUMN relay INTEGER NOT NULL DEFAULT 0;
CREATE TABLE call_policy (
  org_id TEXT PRIMARY KEY REFERENCES org(id), relay INTEGER NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), changed INTEGER NOT NULL
);
