-- +goose Up
-- Notices by object, with their reason, put off or done with; what is told by which way, and
-- the hours without mail.
ALTER TABLE notice ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE notice ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE notice ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notice ADD COLUMN snoozed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notice ADD COLUMN done INTEGER NOT NULL DEFAULT 0;
UPDATE notice SET place = happened, about = CASE WHEN subject_kind = '' OR subject_id = '' THEN id WHEN subject_kind = 'chat' THEN 'chat/' || substr(subject_id, 1, 26) ELSE subject_kind || '/' || subject_id END;
CREATE INDEX notice_about ON notice (org_id, person_id, about, place, id);
CREATE INDEX notice_place ON notice (org_id, person_id, place, id);
DROP INDEX notice_person;
CREATE INDEX notice_unread ON notice (org_id, person_id) WHERE seen = 0;
CREATE TABLE notice_off (
  org_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  way TEXT NOT NULL,
  PRIMARY KEY (org_id, person_id, topic, way)
);
ALTER TABLE notice_choice ADD COLUMN quiet_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notice_choice ADD COLUMN quiet_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notice_choice ADD COLUMN hold INTEGER NOT NULL DEFAULT 0;
