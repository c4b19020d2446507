-- +goose Up
-- Notices on people's own devices: the subscriptions of their browsers, and what waits to be sent. Of notices pushed says whether one still waits to be told that way.
CREATE TABLE push_device (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), session TEXT NOT NULL, hash TEXT NOT NULL, endpoint TEXT NOT NULL, p256dh TEXT NOT NULL, auth TEXT NOT NULL, agent TEXT NOT NULL, made INTEGER NOT NULL, UNIQUE (org_id, person_id, hash)
);
CREATE INDEX push_device_person ON push_device (person_id);
CREATE INDEX push_device_session ON push_device (session);
CREATE TABLE push_message (
  id TEXT PRIMARY KEY, device_id TEXT NOT NULL REFERENCES push_device(id) ON DELETE CASCADE, body TEXT NOT NULL, made INTEGER NOT NULL, tries INTEGER NOT NULL, next_at INTEGER NOT NULL
);
CREATE INDEX push_message_next ON push_message (next_at);
CREATE INDEX push_message_device ON push_message (device_id);
ALTER TABLE notice ADD COLUMN pushed INTEGER NOT NULL DEFAULT 1;
CREATE INDEX notice_unpushed ON notice (org_id, person_id) WHERE pushed = 0;
