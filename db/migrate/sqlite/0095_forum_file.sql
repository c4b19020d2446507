-- +goose Up
-- Files of topics and replies. topic_id is empty until a file is put into one; post_id is empty for the topic's own text.
CREATE TABLE forum_file (
  id TEXT PRIMARY KEY, category_id TEXT NOT NULL REFERENCES forum_category(id), topic_id TEXT NOT NULL, post_id TEXT NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), name TEXT NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, removed INTEGER NOT NULL
);
CREATE INDEX forum_file_topic ON forum_file (topic_id, post_id);
CREATE INDEX forum_file_person ON forum_file (person_id, made) WHERE topic_id = '';
