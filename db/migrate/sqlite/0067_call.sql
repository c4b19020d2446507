-- +goose Up
-- A call in a room: at most one is open. Each connection that takes part is a party; beat is when its node last said that it is there.
CREATE TABLE room_call (
  id TEXT PRIMARY KEY, room_id TEXT NOT NULL REFERENCES room(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), rev INTEGER NOT NULL, begun INTEGER NOT NULL, ended INTEGER NOT NULL
);
CREATE UNIQUE INDEX room_call_open ON room_call (room_id) WHERE ended = 0;
CREATE TABLE room_call_party (
  id TEXT PRIMARY KEY, call_id TEXT NOT NULL REFERENCES room_call(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), mic INTEGER NOT NULL, camera INTEGER NOT NULL, screen INTEGER NOT NULL, joined INTEGER NOT NULL, beat INTEGER NOT NULL, gone INTEGER NOT NULL
);
CREATE INDEX room_call_party_call ON room_call_party (call_id);
CREATE INDEX room_call_party_beat ON room_call_party (beat) WHERE gone = 0;
