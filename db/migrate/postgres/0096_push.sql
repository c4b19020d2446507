-- +goose Up
-- Notices on people's own devices: the subscriptions of their browsers, and what waits to be sent. Of notices pushed says whether one still waits to be told that way.
CREATE TABLE push_device (
  id text PRIMARY KEY, org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL REFERENCES person(id), session text NOT NULL, hash text NOT NULL, endpoint text NOT NULL, p256dh text NOT NULL, auth text NOT NULL, agent text NOT NULL, made bigint NOT NULL, UNIQUE (org_id, person_id, hash)
);
CREATE INDEX push_device_person ON push_device (person_id);
CREATE INDEX push_device_session ON push_device (session);
CREATE TABLE push_message (
  id text PRIMARY KEY, device_id text NOT NULL REFERENCES push_device(id) ON DELETE CASCADE, body text NOT NULL, made bigint NOT NULL, tries bigint NOT NULL, next_at bigint NOT NULL
);
CREATE INDEX push_message_next ON push_message (next_at);
CREATE INDEX push_message_device ON push_message (device_id);
ALTER TABLE notice ADD COLUMN pushed bigint NOT NULL DEFAULT 1;
CREATE INDEX notice_unpushed ON notice (org_id, person_id) WHERE pushed = 0;
