-- +goose Up
-- What was done by the link of a mail: one row for what it could do, so that no link acts twice. And people who never chose are mailed in the morning too.
CREATE TABLE mail_deed (
  id TEXT NOT NULL PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), kind TEXT NOT NULL, object TEXT NOT NULL, way TEXT NOT NULL, done INTEGER NOT NULL
);
CREATE INDEX mail_deed_done ON mail_deed (done);
DROP INDEX notice_choice_due;
CREATE INDEX notice_choice_due ON notice_choice (next_at) WHERE mode IN ('daily', '');
