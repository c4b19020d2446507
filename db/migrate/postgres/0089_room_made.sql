-- +goose Up
-- What people of a company made of a message: a lead, a topic or an answer in the forum. Only the company itself learns of it.
CREATE TABLE room_made (
  room_id text NOT NULL REFERENCES room(id), seq bigint NOT NULL, org_id text NOT NULL REFERENCES org(id), kind text NOT NULL, object text NOT NULL, person_id text NOT NULL REFERENCES person(id), made bigint NOT NULL,
  PRIMARY KEY (room_id, seq, org_id, kind, object)
);
CREATE INDEX room_made_object ON room_made (org_id, kind, object);
-- A program of a company that says something in one room, by a token of which only the hash is kept.
CREATE TABLE room_bot (
  id text PRIMARY KEY, room_id text NOT NULL REFERENCES room(id), org_id text NOT NULL REFERENCES org(id), name text NOT NULL, token_hash text NOT NULL UNIQUE, person_id text NOT NULL REFERENCES person(id), made bigint NOT NULL, used bigint NOT NULL, ended bigint NOT NULL
);
CREATE INDEX room_bot_room ON room_bot (room_id);
