-- +goose Up
-- A call in a room: at most one is open. Each connection that takes part is a party; beat is when its node last said that it is there.
CREATE TABLE room_call (
  id text PRIMARY KEY, room_id text NOT NULL REFERENCES room(id), person_id text NOT NULL REFERENCES person(id), org_id text NOT NULL REFERENCES org(id), rev bigint NOT NULL, begun bigint NOT NULL, ended bigint NOT NULL
);
CREATE UNIQUE INDEX room_call_open ON room_call (room_id) WHERE ended = 0;
CREATE TABLE room_call_party (
  id text PRIMARY KEY, call_id text NOT NULL REFERENCES room_call(id), person_id text NOT NULL REFERENCES person(id), org_id text NOT NULL REFERENCES org(id), mic bigint NOT NULL, camera bigint NOT NULL, screen bigint NOT NULL, joined bigint NOT NULL, beat bigint NOT NULL, gone bigint NOT NULL
);
CREATE INDEX room_call_party_call ON room_call_party (call_id);
CREATE INDEX room_call_party_beat ON room_call_party (beat) WHERE gone = 0;
