-- +goose Up
-- The forum: categories of a company shared with chosen companies. A seat says what a company may do there; agreed is its admin's consent to be named in an open category.
CREATE TABLE forum_category (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, about TEXT NOT NULL, open INTEGER NOT NULL, closed INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, UNIQUE (owner_id, name)
);
CREATE TABLE forum_seat (
  category_id TEXT NOT NULL REFERENCES forum_category(id), org_id TEXT NOT NULL REFERENCES org(id), may_reply INTEGER NOT NULL, may_create INTEGER NOT NULL, agreed INTEGER NOT NULL, agreed_by TEXT NOT NULL, added INTEGER NOT NULL, PRIMARY KEY (category_id, org_id)
);
CREATE INDEX forum_seat_org ON forum_seat (org_id, category_id);
CREATE TABLE forum_topic (
  id TEXT PRIMARY KEY, category_id TEXT NOT NULL REFERENCES forum_category(id), kind TEXT NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), client_key TEXT NOT NULL,
  title TEXT NOT NULL, body TEXT NOT NULL, tags TEXT NOT NULL, state TEXT NOT NULL, survey TEXT NOT NULL, accepted TEXT NOT NULL, replies INTEGER NOT NULL, active INTEGER NOT NULL, made INTEGER NOT NULL, edited INTEGER NOT NULL, removed INTEGER NOT NULL, removed_by TEXT NOT NULL, UNIQUE (person_id, client_key)
);
CREATE INDEX forum_topic_active ON forum_topic (category_id, active, id);
CREATE TABLE forum_post (
  id TEXT PRIMARY KEY, topic_id TEXT NOT NULL REFERENCES forum_topic(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), client_key TEXT NOT NULL, body TEXT NOT NULL, made INTEGER NOT NULL, edited INTEGER NOT NULL, removed INTEGER NOT NULL, removed_by TEXT NOT NULL, UNIQUE (person_id, client_key)
);
CREATE INDEX forum_post_topic ON forum_post (topic_id, made, id);
CREATE TABLE forum_vote (
  topic_id TEXT NOT NULL REFERENCES forum_topic(id), post_id TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), made INTEGER NOT NULL, PRIMARY KEY (topic_id, post_id, person_id)
);
CREATE TABLE forum_watch (
  topic_id TEXT NOT NULL REFERENCES forum_topic(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), level TEXT NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (topic_id, person_id, org_id)
);
CREATE INDEX forum_watch_person ON forum_watch (person_id, org_id);
CREATE TABLE forum_flag (
  id TEXT PRIMARY KEY, category_id TEXT NOT NULL REFERENCES forum_category(id), topic_id TEXT NOT NULL REFERENCES forum_topic(id), post_id TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL, made INTEGER NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL, UNIQUE (topic_id, post_id, person_id)
);
CREATE INDEX forum_flag_open ON forum_flag (category_id, made) WHERE state = 'open';
CREATE TABLE forum_ballot (
  topic_id TEXT NOT NULL REFERENCES forum_topic(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), choices TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (topic_id, person_id)
);
CREATE TABLE forum_search (
  doc INTEGER PRIMARY KEY, topic_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE VIRTUAL TABLE forum_search_fts USING fts5 (words, content='forum_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
-- +goose StatementBegin
CREATE TRIGGER forum_search_insert AFTER INSERT ON forum_search BEGIN INSERT INTO forum_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER forum_search_delete AFTER DELETE ON forum_search BEGIN INSERT INTO forum_search_fts (forum_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER forum_search_update AFTER UPDATE ON forum_search BEGIN
  INSERT INTO forum_search_fts (forum_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO forum_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
-- +goose StatementEnd
