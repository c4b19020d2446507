-- +goose Up
-- What of the notices leaves as mail, as each person chose.
ALTER TABLE notice ADD COLUMN mailed bigint NOT NULL DEFAULT 0;
UPDATE notice SET mailed = 1;
CREATE INDEX notice_unmailed ON notice (happened) WHERE mailed = 0 AND seen = 0;
CREATE INDEX notice_digest ON notice (org_id, person_id) WHERE mailed = 2;
CREATE TABLE notice_choice (
  org_id text NOT NULL,
  person_id text NOT NULL,
  mode text NOT NULL,
  next_at bigint NOT NULL,
  changed bigint NOT NULL,
  PRIMARY KEY (org_id, person_id)
);
CREATE INDEX notice_choice_due ON notice_choice (next_at) WHERE mode = 'daily';
