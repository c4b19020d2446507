-- +goose Up
-- Free rooms of more than two companies: who was asked and is not in it yet.
ALTER TABLE room_free ADD COLUMN open BIGINT NOT NULL DEFAULT 0;
CREATE TABLE room_invite (
  room_id TEXT NOT NULL REFERENCES room(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), made BIGINT NOT NULL, declined BIGINT NOT NULL, PRIMARY KEY (room_id, org_id)
);
CREATE INDEX room_invite_org ON room_invite (org_id, made);
