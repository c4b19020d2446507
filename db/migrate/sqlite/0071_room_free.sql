-- +goose Up
-- Rooms that are about no object: made by a company for its own people, or with one partner. Where a company chose people, only they and its admins enter; a company without a row is there as a whole.
CREATE TABLE room_free (
  room_id TEXT PRIMARY KEY REFERENCES room(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), made INTEGER NOT NULL
);
CREATE TABLE room_guest (
  room_id TEXT NOT NULL REFERENCES room(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), added INTEGER NOT NULL, PRIMARY KEY (room_id, org_id, person_id)
);
