-- +goose Up
-- What people of a company made of a message: a lead, a topic or an answer in the forum. Only the company itself learns of it.
CREATE TABLE room_made (
  room_id TEXT NOT NULL REFERENCES room(id), seq INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, object TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), made INTEGER NOT NULL,
  PRIMARY KEY (room_id, seq, org_id, kind, object)
);
CREATE INDEX room_made_object ON room_made (org_id, kind, object);
-- A program of a company that says something in one room, by a token of which only the hash is kept.
CREATE TABLE room_bot (
  id TEXT PRIMARY KEY, room_id TEXT NOT NULL REFERENCES room(id), org_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, token_hash TEXT NOT NULL UNIQUE, person_id TEXT NOT NULL REFERENCES person(id), made INTEGER NOT NULL, used INTEGER NOT NULL, ended INTEGER NOT NULL
);
CREATE INDEX room_bot_room ON room_bot (room_id);
