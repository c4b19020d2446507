-- +goose Up
-- Answers that come by mail. An address to which somebody answers about an object is a row, whose id is signed in the address; a mail that came to one is kept with its bytes until it was looked at.
ALTER TABLE mail ADD COLUMN reply_to TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE forum_post ADD COLUMN via TEXT NOT NULL DEFAULT '';
CREATE TABLE mail_reply (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), kind TEXT NOT NULL, object TEXT NOT NULL, seq INTEGER NOT NULL, made INTEGER NOT NULL, expires INTEGER NOT NULL
);
CREATE INDEX mail_reply_about ON mail_reply (person_id, org_id, kind, object, seq);
CREATE INDEX mail_reply_expires ON mail_reply (expires);
CREATE TABLE mail_in (
  id TEXT PRIMARY KEY, reply_id TEXT NOT NULL REFERENCES mail_reply(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), message_key TEXT NOT NULL, nobody INTEGER NOT NULL, size INTEGER NOT NULL, raw BLOB, state TEXT NOT NULL, reason TEXT NOT NULL, received INTEGER NOT NULL, done INTEGER NOT NULL, UNIQUE (reply_id, message_key)
);
CREATE INDEX mail_in_org ON mail_in (org_id, received, id);
CREATE INDEX mail_in_person ON mail_in (person_id, received);
