-- +goose Up
-- Answers that come by mail. An address to which somebody answers about an object is a row, whose id is signed in the address; a mail that came to one is kept with its bytes until it was looked at.
ALTER TABLE mail ADD COLUMN reply_to text NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN via text NOT NULL DEFAULT '';
ALTER TABLE forum_post ADD COLUMN via text NOT NULL DEFAULT '';
CREATE TABLE mail_reply (
  id text PRIMARY KEY, org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL REFERENCES person(id), kind text NOT NULL, object text NOT NULL, seq bigint NOT NULL, made bigint NOT NULL, expires bigint NOT NULL
);
CREATE INDEX mail_reply_about ON mail_reply (person_id, org_id, kind, object, seq);
CREATE INDEX mail_reply_expires ON mail_reply (expires);
CREATE TABLE mail_in (
  id text PRIMARY KEY, reply_id text NOT NULL REFERENCES mail_reply(id), org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL REFERENCES person(id), message_key text NOT NULL, nobody bigint NOT NULL, size bigint NOT NULL, raw bytea, state text NOT NULL, reason text NOT NULL, received bigint NOT NULL, done bigint NOT NULL, UNIQUE (reply_id, message_key)
);
CREATE INDEX mail_in_org ON mail_in (org_id, received, id);
CREATE INDEX mail_in_person ON mail_in (person_id, received);
