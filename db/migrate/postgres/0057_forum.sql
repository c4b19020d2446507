-- +goose Up
-- The forum: categories of a company shared with chosen companies. A seat says what a company may do there; agreed is its admin's consent to be named in an open category.
CREATE TABLE forum_category (
  id text PRIMARY KEY, owner_id text NOT NULL REFERENCES org(id), name text NOT NULL, about text NOT NULL, open bigint NOT NULL, closed bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, UNIQUE (owner_id, name)
);
CREATE TABLE forum_seat (
  category_id text NOT NULL REFERENCES forum_category(id), org_id text NOT NULL REFERENCES org(id), may_reply bigint NOT NULL, may_create bigint NOT NULL, agreed bigint NOT NULL, agreed_by text NOT NULL, added bigint NOT NULL, PRIMARY KEY (category_id, org_id)
);
CREATE INDEX forum_seat_org ON forum_seat (org_id, category_id);
CREATE TABLE forum_topic (
  id text PRIMARY KEY, category_id text NOT NULL REFERENCES forum_category(id), kind text NOT NULL, org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL REFERENCES person(id), client_key text NOT NULL,
  title text NOT NULL, body text NOT NULL, tags text NOT NULL, state text NOT NULL, survey text NOT NULL, accepted text NOT NULL, replies bigint NOT NULL, active bigint NOT NULL, made bigint NOT NULL, edited bigint NOT NULL, removed bigint NOT NULL, removed_by text NOT NULL, UNIQUE (person_id, client_key)
);
CREATE INDEX forum_topic_active ON forum_topic (category_id, active, id);
CREATE TABLE forum_post (
  id text PRIMARY KEY, topic_id text NOT NULL REFERENCES forum_topic(id), org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL REFERENCES person(id), client_key text NOT NULL, body text NOT NULL, made bigint NOT NULL, edited bigint NOT NULL, removed bigint NOT NULL, removed_by text NOT NULL, UNIQUE (person_id, client_key)
);
CREATE INDEX forum_post_topic ON forum_post (topic_id, made, id);
CREATE TABLE forum_vote (
  topic_id text NOT NULL REFERENCES forum_topic(id), post_id text NOT NULL, person_id text NOT NULL REFERENCES person(id), org_id text NOT NULL REFERENCES org(id), made bigint NOT NULL, PRIMARY KEY (topic_id, post_id, person_id)
);
CREATE TABLE forum_watch (
  topic_id text NOT NULL REFERENCES forum_topic(id), person_id text NOT NULL REFERENCES person(id), org_id text NOT NULL REFERENCES org(id), level text NOT NULL, seen bigint NOT NULL, PRIMARY KEY (topic_id, person_id, org_id)
);
CREATE INDEX forum_watch_person ON forum_watch (person_id, org_id);
CREATE TABLE forum_flag (
  id text PRIMARY KEY, category_id text NOT NULL REFERENCES forum_category(id), topic_id text NOT NULL REFERENCES forum_topic(id), post_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, reason text NOT NULL, state text NOT NULL, made bigint NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL, UNIQUE (topic_id, post_id, person_id)
);
CREATE INDEX forum_flag_open ON forum_flag (category_id, made) WHERE state = 'open';
CREATE TABLE forum_ballot (
  topic_id text NOT NULL REFERENCES forum_topic(id), person_id text NOT NULL REFERENCES person(id), org_id text NOT NULL REFERENCES org(id), choices text NOT NULL, made bigint NOT NULL, PRIMARY KEY (topic_id, person_id)
);
CREATE TABLE forum_search (
  topic_id text PRIMARY KEY, words tsvector NOT NULL
);
CREATE INDEX forum_search_words ON forum_search USING gin (words);
