-- +goose Up
-- Confidential ideas: the texts of a category's agreement by number, and who accepted which.
ALTER TABLE forum_topic ADD COLUMN nda INTEGER NOT NULL DEFAULT 0;
CREATE TABLE forum_nda (
  category_id TEXT NOT NULL REFERENCES forum_category(id), number INTEGER NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, PRIMARY KEY (category_id, number)
);
CREATE TABLE forum_nda_accept (
  category_id TEXT NOT NULL REFERENCES forum_category(id), number INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), at INTEGER NOT NULL, PRIMARY KEY (category_id, number, org_id, person_id)
);
CREATE INDEX forum_nda_accept_person ON forum_nda_accept (person_id, org_id, category_id);
