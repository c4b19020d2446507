-- +goose Up
-- Rooms that are about no object: made by a company for its own people, or with one partner. Where a company chose people, only they and its admins enter; a company without a row is there as a whole.
CREATE TABLE room_free (
  room_id text PRIMARY KEY REFERENCES room(id), org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL REFERENCES person(id), made bigint NOT NULL
);
CREATE TABLE room_guest (
  room_id text NOT NULL REFERENCES room(id), org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL REFERENCES person(id), added bigint NOT NULL, PRIMARY KEY (room_id, org_id, person_id)
);
