-- +goose Up
-- Files of topics and replies. topic_id is empty until a file is put into one; post_id is empty for the topic's own text.
CREATE TABLE forum_file (
  id text PRIMARY KEY, category_id text NOT NULL REFERENCES forum_category(id), topic_id text NOT NULL, post_id text NOT NULL, org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL REFERENCES person(id), name text NOT NULL, type text NOT NULL, size bigint NOT NULL, hash text NOT NULL, made bigint NOT NULL, removed bigint NOT NULL
);
CREATE INDEX forum_file_topic ON forum_file (topic_id, post_id);
CREATE INDEX forum_file_person ON forum_file (person_id, made) WHERE topic_id = '';
