-- +goose Up
-- What can be done with a message. Each deed takes a number of the room as a row of kind 'act'; told_seq is the latest number that is none.
ALTER TABLE room ADD COLUMN told_seq bigint NOT NULL DEFAULT 0;
UPDATE room SET told_seq = last_seq;
CREATE INDEX message_act ON message (room_id, seq) WHERE kind = 'act';
CREATE INDEX message_thread ON message (room_id, thread, seq) WHERE thread > 0;
CREATE TABLE message_reaction (
  room_id text NOT NULL, seq bigint NOT NULL, emoji text NOT NULL, person_id text NOT NULL REFERENCES person(id), org_id text NOT NULL REFERENCES org(id), made bigint NOT NULL, PRIMARY KEY (room_id, seq, emoji, person_id)
);
CREATE TABLE message_mention (
  room_id text NOT NULL, seq bigint NOT NULL, person_id text NOT NULL REFERENCES person(id), org_id text NOT NULL REFERENCES org(id), PRIMARY KEY (room_id, seq, person_id, org_id)
);
CREATE TABLE message_pin (
  room_id text NOT NULL, seq bigint NOT NULL, person_id text NOT NULL, org_id text NOT NULL, made bigint NOT NULL, PRIMARY KEY (room_id, seq)
);
CREATE TABLE room_draft (
  room_id text NOT NULL REFERENCES room(id), person_id text NOT NULL REFERENCES person(id), org_id text NOT NULL, text text NOT NULL, changed bigint NOT NULL, PRIMARY KEY (room_id, person_id, org_id)
);
-- A file belongs to a message once seq is set; before, only who brought it sees it.
CREATE TABLE room_file (
  id text PRIMARY KEY, room_id text NOT NULL REFERENCES room(id), seq bigint NOT NULL, org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL, name text NOT NULL, type text NOT NULL, size bigint NOT NULL, hash text NOT NULL, made bigint NOT NULL, removed bigint NOT NULL
);
CREATE INDEX room_file_message ON room_file (room_id, seq);
CREATE TABLE message_search (
  room_id text NOT NULL, seq bigint NOT NULL, words tsvector NOT NULL, PRIMARY KEY (room_id, seq)
);
CREATE INDEX message_search_words ON message_search USING gin (words);
-- How long a company keeps what its people wrote (0: always), and what it must not lose: kept rows are copies for the company under a hold.
CREATE TABLE talk_policy (
  org_id text PRIMARY KEY REFERENCES org(id), keep_days bigint NOT NULL, person_id text NOT NULL, changed bigint NOT NULL
);
CREATE TABLE room_hold (
  room_id text NOT NULL REFERENCES room(id), org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL, reason text NOT NULL, made bigint NOT NULL, PRIMARY KEY (room_id, org_id)
);
CREATE TABLE message_kept (
  room_id text NOT NULL, seq bigint NOT NULL, org_id text NOT NULL REFERENCES org(id), text text NOT NULL, files text NOT NULL, kept bigint NOT NULL, PRIMARY KEY (room_id, seq, org_id, kept)
);
CREATE INDEX message_author ON message (author_org, happened) WHERE kind = 'message' AND removed = 0;
